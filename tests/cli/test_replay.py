"""`tidegate replay`: a log and a policy in, tables and JSON out, one line for what cannot be read."""

import asyncio
import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
import redis

from models.lines import CUT_OFF, NOT_CLOSED
from service.configuration.settings import Settings
from service.decisions.stream import FIELD, STREAM
from service.journal.entries import PolicySaved
from service.journal.follow import Follower
from service.journal.opened import open_journal
from service.journal.store import Journal
from service.metrics import Metrics
from taxonomy.files import native
from taxonomy.policy import Action
from taxonomy.resolve import PolicyFile, resolve
from taxonomy.written import from_yaml
from tests.cli.conftest import Tidegate
from tests.logged import DEFAULT, decision
from tests.models.tuning.kept import lines_of, policy_file
from tests.running import free_port

# What `default` would flag or block at 0.5, half of it a text that is asked again.
DECISIONS = [
    decision(i, scores={"violence": 4500}, verdict=Action.REVIEW, text=f"{i % 20:032x}", tenant="acme")
    for i in range(40)
] + [decision(i, tenant="blue") for i in range(40, 100)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "log"
    place.mkdir()
    (place / "decisions-1.jsonl.gz").write_bytes(gzip.compress(lines_of(DECISIONS[:70])))
    (place / "decisions-2.jsonl").write_bytes(lines_of(DECISIONS[70:]))
    (place / "notes.txt").write_text("not of the log")
    return place


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    return policy_file(tmp_path / "candidate.yaml", "categories: {violence: {threshold: 0.4}}\n")


def changed(path: Path) -> tuple[int, int, int]:
    changes = json.loads(path.read_text())["changes"]
    return changes["decisions"], changes["changed"]["decisions"], changes["changed"]["texts"]


def test_a_folder_of_files(tidegate: Tidegate, folder: Path, candidate: Path, tmp_path: Path) -> None:
    result = tidegate("replay", "--log", folder, "--policy", candidate, "--json", tmp_path / "out.json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert changed(tmp_path / "out.json") == (100, 40, 20)
    said = result.output
    first = "candidate instead of the verdicts on record: 100 decisions on 80 distinct texts"
    assert said.startswith(f"{first}, 2025-10-09T08:53:20Z to 2025-10-09T08:53:20Z\n")
    assert "In brackets: where the share lies in traffic like this, at 95 % confidence." in said
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in said.splitlines() if line.startswith("│")]
    assert ["review", "block", "40", "20", "40.00 % [27.81 %, 53.17 %]"] in rows
    assert [row[:3] for row in rows if row[0] == "acme"] == [["acme", "40", "20"]]
    assert [row[0] for row in rows if row[0] in ("violence", "hate", "needs_caution")] == ["violence", "needs_caution"]
    assert "Left out" not in said
    assert "Lost" not in said


def test_a_narrow_terminal_cuts_no_name_and_no_figure(tidegate: Tidegate, folder: Path, tmp_path: Path) -> None:
    candidate = policy_file(tmp_path / "low.yaml", "defaults: {threshold: 0.0, action: block}\n")
    wide, *narrow = (
        tidegate("replay", "--log", folder, "--policy", candidate, COLUMNS=columns).output
        for columns in ("200", "60", "20")
    )
    for each in narrow:
        assert "│ political_misinformation_conspiracy │" in each
        assert _words(each) == _words(wide)


def _words(table: str) -> list[str]:
    return sorted(word for word in table.split() if word[0] not in "│┃━┏┡├└")


def test_decisions_under_versions_that_were_saved_have_their_categories(
    tidegate: Tidegate, candidate: Path, tmp_path: Path
) -> None:
    state, log = str(tmp_path / "state.db"), tmp_path / "log.jsonl"
    file = from_yaml(
        "kind: policy\nname: saved\ndescription: x\nextends: default\ncategories: {violence: {threshold: 0.1}}", "it"
    )
    asyncio.run(_save(open_journal(Settings(state=state)), file))
    policy = resolve(file, native(), DEFAULT)
    made = [decision(i, policy, scores={"violence": 2000}, verdict=Action.BLOCK) for i in range(30)]
    log.write_bytes(lines_of(made))
    arguments = ("replay", "--log", log, "--policy", candidate)
    known = tidegate(*arguments, TIDEGATE_STATE=state)
    assert known.stderr == ""
    rows = [
        [cell.strip() for cell in line.split("│")[1:-1]] for line in known.stdout.splitlines() if "violence" in line
    ]
    assert rows == [["violence", "30: 100.00 % [88.43 %, 100.00 %]", *["0: 0.00 % [0.00 %, 11.57 %]"] * 2, rows[0][1]]]
    assert "is not at hand" not in known.stdout
    unknown = tidegate(*arguments, TIDEGATE_STATE="off")
    assert (
        "What categories did is known of 0 decisions: the policy of the others is not at hand. Set TIDEGATE_STATE and "
        "TIDEGATE_POLICIES as the service has them, or compare with a policy by --against POLICY.\n"
    ) in unknown.stdout
    away = tidegate(*arguments, TIDEGATE_STATE=f"redis://127.0.0.1:{free_port()}")
    assert (away.exit_code, away.stdout) == (0, unknown.stdout)
    assert away.stderr.startswith("policies that were saved cannot be read: ")


async def _save(journal: Journal, file: PolicyFile) -> None:
    saved = PolicySaved.of(file, DEFAULT, version=1, author="us")
    await Follower(journal, Metrics()).commit(lambda _: saved)
    await journal.close()


def test_a_file_alone_and_json_alone(tidegate: Tidegate, folder: Path, candidate: Path) -> None:
    place = folder / "decisions-2.jsonl"
    result = tidegate("replay", "--log", place, "--policy", candidate, "--json", "-", "--by", "role", "--by", "policy")
    found = json.loads(result.stdout)
    assert found["changes"]["decisions"] == 30
    assert {by: [group["name"] for group in groups] for by, groups in found["by"].items()} == {
        "role": ["prompt"],
        "policy": ["default"],
    }


def test_a_redis_stream(tidegate: Tidegate, redis_url: str, candidate: Path, tmp_path: Path) -> None:
    client = redis.Redis.from_url(redis_url)
    for line in lines_of(DECISIONS).splitlines():
        client.xadd(STREAM, {FIELD: line})
    client.xadd(STREAM, {"other": "a field that is not ours"})
    result = tidegate("replay", "--log", redis_url, "--policy", candidate, "--json", tmp_path / "out.json")
    assert result.exit_code == 0
    assert changed(tmp_path / "out.json") == (100, 40, 20)
    assert result.output.endswith(f"\nLost: {STREAM}, line 101: no JSON\n")


def test_only_what_is_asked_for(tidegate: Tidegate, folder: Path, candidate: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    base = ("replay", "--log", folder, "--policy", candidate, "--json", out)
    for options, kept in (
        (("--tenant", "acme"), (40, 40, 20)),
        (("--since", "2025-10-09"), (100, 40, 20)),
        (("--since", "2025-10-10"), (0, 0, 0)),
        (("--until", "2025-10-09T08:53:20"), (0, 0, 0)),
        (("--until", "2025-10-09T10:53:21+0200"), (100, 40, 20)),
        (("--under", "children"), (0, 0, 0)),
        (("--model", "b"), (0, 0, 0)),
        (("--against", candidate), (100, 0, 0)),
    ):
        assert tidegate(*base, *options).exit_code == 0
        assert changed(out) == kept


def test_a_damaged_log_is_read_to_its_damage_and_the_loss_is_said(
    tidegate: Tidegate, folder: Path, candidate: Path
) -> None:
    growing = folder / "decisions-1.jsonl.gz"
    growing.write_bytes(growing.read_bytes()[:-8])
    last = folder / "decisions-2.jsonl"
    last.write_bytes(last.read_bytes()[:-10])
    result = tidegate("replay", "--log", folder, "--policy", candidate)
    assert result.exit_code == 0
    assert result.output.splitlines()[-2:] == [
        f"Perhaps lost: decisions-1.jsonl.gz, line 71: {NOT_CLOSED}",
        f"Lost: decisions-2.jsonl, line 30: {CUT_OFF}",
    ]


def test_what_cannot_be_read_is_one_line(tidegate: Tidegate, folder: Path, candidate: Path, tmp_path: Path) -> None:
    port = free_port()
    for log, said in (
        (tmp_path / "gone", f"{tmp_path}/gone: cannot be read: No such file or directory"),
        ("http://127.0.0.1", "the URL of the log must begin with redis://, rediss:// or unix://"),
        (f"redis://:secret@127.0.0.1:{port}", "the log cannot be read from Redis (ConnectionError)"),
    ):
        result = tidegate("replay", "--log", log, "--policy", candidate)
        assert (result.exit_code, result.output) == (1, f"tidegate: {said}\n")
    wrong = policy_file(tmp_path / "wrong.yaml", "categories: {violance: {threshold: 0.4}}\n")
    result = tidegate("replay", "--log", folder, "--policy", wrong)
    assert result.exit_code == 1
    assert result.stderr == f"{wrong}:5: categories.violance: unknown category 'violance', did you mean 'violence'?\n"


def test_policies_by_name(tidegate: Tidegate, folder: Path, candidate: Path, tmp_path: Path) -> None:
    policies, out = tmp_path / "policies", tmp_path / "out.json"
    policies.mkdir()
    policy_file(policies / "kept.yaml", "categories: {violence: {threshold: 0.4}}\n")
    arguments = ("replay", "--log", folder, "--json", out)
    for policy, against, wanted in (
        ("candidate", "default", (100, 40, 20)),
        ("default", "candidate", (100, 40, 20)),
        # An edited copy of the one in the folder, which has its name.
        (candidate, "candidate", (100, 0, 0)),
    ):
        result = tidegate(*arguments, "--policy", policy, "--against", against, TIDEGATE_POLICIES=str(policies))
        assert (result.exit_code, result.stderr) == (0, "")
        assert changed(out) == wanted
    for option, given in (("--policy", ("nope",)), ("--against", ("default", "--against", "nope"))):
        result = tidegate(*arguments, "--policy", *given)
        assert result.exit_code == 2
        assert result.stderr.splitlines()[-1] == (
            f"Error: {option} must be one of children, default, nano, permissive, strict, or the path of a policy file"
        )


def test_without_its_packages_it_is_one_line(folder: Path, candidate: Path) -> None:
    program = "import sys; sys.modules.update(dict.fromkeys(['polars'])); import service.cli as c; c.main()"
    found = subprocess.run(
        [sys.executable, "-c", program, "replay", "--log", folder, "--policy", candidate],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (found.returncode, found.stderr) == (
        1,
        "tidegate: polars is not installed: in the checkout, python -m pip install --editable '.[tune]'\n",
    )
