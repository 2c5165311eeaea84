"""What has been scored once is not scored again by `tidegate tune`."""

from pathlib import Path

import msgspec
import pytest

from taxonomy.files import load_policy
from tests.cli.conftest import Tidegate
from tests.cli.tuned import REVIEWED, texts, tune


def test_a_second_tuning_scores_nothing_and_says_the_same(
    tidegate: Tidegate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = texts(tmp_path / "a.csv")
    first = tune(tidegate, data)
    kept, policy = tmp_path / "a.csv.scores.npz", (tmp_path / "mine.yaml").read_bytes()
    assert {each.name for each in tmp_path.iterdir()} == {"a.csv", "a.csv.scores.npz", "mine.yaml"}
    before = kept.read_bytes()
    monkeypatch.setattr("service.cli.scored.Scorer", lambda *_: pytest.fail("nothing should be scored"))
    assert tune(tidegate, data, "--force") == first
    assert (tmp_path / "mine.yaml").read_bytes() == policy
    assert kept.read_bytes() == before


def test_labels_that_change_and_rows_that_go_score_nothing(
    tidegate: Tidegate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = texts(tmp_path / "a.csv")
    assert tune(tidegate, data)[0] == 0
    lines = data.read_text().replace("day 7,prompt,none", "day 7,prompt,hate").splitlines()
    with monkeypatch.context() as patched:
        patched.setattr("service.cli.scored.Scorer", lambda *_: pytest.fail("nothing should be scored"))
        data.write_text("\n".join([lines[0], *reversed(lines[20:])]))
        assert tune(tidegate, data, "--force")[0] == 0
    data.write_text("\n".join([*lines, "another,prompt,none"]))
    status, out, _ = tune(tidegate, data, "--force")
    assert status == 0
    assert "861 rows" in out
    secret = tidegate("sample", data, "--count", "1", "--output", tmp_path / "b.jsonl", TIDEGATE_CACHE_SECRET="a" * 32)
    assert secret.stderr.startswith("tidegate: a.csv.scores.npz: was written under another TIDEGATE_CACHE_SECRET: ")


def test_what_classify_has_scored_need_not_be_scored(
    tidegate: Tidegate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [msgspec.json.encode({"text": f"the day {i}", "role": "prompt"}) for i in range(800)]
    lines += [msgspec.json.encode({"text": f"weapon {i}", "role": "prompt"}) for i in range(60)]
    scored = tidegate("classify", "--json", "-", stdin=b"\n".join(lines))
    assert scored.exit_code == 0
    data = tmp_path / "a.jsonl"
    with data.open("wb") as file:
        for i, line in enumerate(scored.stdout.splitlines()):
            labels = ["guns_illegal_weapons"] if i >= 800 else []
            file.write(msgspec.json.encode(msgspec.json.decode(line) | {"labels": labels}) + b"\n")
    monkeypatch.setattr("service.cli.scored.Scorer", lambda *_: pytest.fail("nothing should be scored"))
    status, out, err = tune(tidegate, data)
    assert (status, err) == (0, REVIEWED.format(60)), out
    assert load_policy(tmp_path / "mine.yaml").proven
    assert "rows without a text were scored before; copies among them cannot be told\n" in out
