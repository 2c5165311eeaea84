"""docs/guides/thresholds.md followed to the letter, with a small bundle and rows that suit it.

What stands in ```bash is run in its order, in one shell a part; ```sh is what a reader does elsewhere, before or after.
"""

import csv
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from taxonomy.files import load_policy
from tests.bundles import WORDS
from tests.docs.pages import ROOT, blocks_in
from tests.running import RunningServer

GUIDE = ROOT / "docs" / "guides" / "thresholds.md"
REFUSED = 3
# Words that say what the small bundle finds, and how often a text with them is harmless all the same.
KINDS = {"weapon": ("guns_illegal_weapons", 0.0), "hateword": ("hate", 0.0), "unsure": ("harassment", 0.8)}


def write_rows(file: Path, seed: int) -> None:
    """Write 400 rows, of which about 300 are harmless: too few for 1 %, enough for 5 %."""
    draw = random.Random(seed)
    words = WORDS.split()
    with file.open("w", newline="", encoding="utf-8") as out:
        rows = csv.writer(out)
        rows.writerow(["text", "role", "context", "labels"])
        for _ in range(400):
            said, label = draw.choices(words, k=12), "none"
            if draw.random() < 0.25:
                word = draw.choice([*KINDS])
                said[draw.randrange(12)] = word
                label = "none" if draw.random() < KINDS[word][1] else KINDS[word][0]
            rows.writerow([" ".join(said), draw.choice(["prompt", "text"]), "", label])


@pytest.fixture
def run(tiny_bundle: Path, tmp_path: Path) -> Callable[[str], str]:
    """Run a script as a reader would, in a folder of their own; return what it printed."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, arguments in (("tidegate", "-m service.cli "), ("python3", "")):
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments}"$@"\n')
        (programs / name).chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TIDEGATE_")}
    environment = kept | {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "TIDEGATE_BUNDLE": str(tiny_bundle),
        "XDG_STATE_HOME": str(tmp_path),
        "COLUMNS": "120",
    }

    def ran(script: str) -> str:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    return ran


def test_who_follows_the_guide_has_a_policy_in_force_that_keeps_its_promise(
    run: Callable[[str], str], serve: Callable[..., RunningServer], tmp_path: Path
) -> None:
    before, _, after = GUIDE.read_text("utf-8").partition("\n## 4. ")
    for name, seed in (("labelled.csv", 1), ("heldout.csv", 2)):
        write_rows(tmp_path / name, seed)
    (tmp_path / "heldout.py").write_text(blocks_in(after, "python")[0])

    strict, *rest = blocks_in(before, "bash")
    told = run(f"set +e\n{strict}\ntest $? = {REFUSED}")
    assert re.search(r"refused: overall: fpr <= 0\.01 .* label about \d+ more", " ".join(told.split()))
    assert not (tmp_path / "forum.yaml").exists()
    run("\n".join(rest))
    policy = load_policy(tmp_path / "forum.yaml")
    assert policy.proven
    assert policy.evidence
    promise = policy.evidence.promises[0]
    assert (promise.of, promise.figure, promise.limit) == ("overall", "fpr", 0.05)

    served = next(block for block in blocks_in(after, "sh") if block.endswith("tidegate serve\n"))
    places = {name: str(tmp_path / place) for name, place in re.findall(r"(\w+)=(\S+)", served)}
    assert set(places) == {"TIDEGATE_DECISIONS", "TIDEGATE_EVALUATION"}
    server = serve(**places)
    steps = "\n".join(blocks_in(after, "bash")).replace("http://127.0.0.1:8000", server.url)
    # Once more at the end, with a key of no tenant, which the default policy judges.
    told = run(f'{steps}\necho "key: $ADMIN"\nAPP=$ADMIN python3 heldout.py')

    shares = [float(share) for share in re.findall(r"harm\w+: \d+ of \d+ stopped, ([\d.]+)%", told)]
    harmless, harmful, harmless_by_default, _ = shares
    assert harmless <= 100 * promise.limit < harmless_by_default, shares
    assert harmful > 50, shares
    headers = {"authorization": f"Bearer {told.rpartition('key: ')[2].split()[0]}"}
    named = httpx.get(f"{server.url}/v1/policies/forum/versions", headers=headers).json()
    # Two versions, the first of them in force again, and its evidence still for it.
    assert (named["active"], [each["version"] for each in named["versions"]]) == (1, [2, 1])
    assert named["versions"][1]["proven"] is True
    assert httpx.get(f"{server.url}/v1/evaluation", headers=headers).status_code == 200
    body = {"items": [{"text": "weapon"}]}
    mine = httpx.post(f"{server.url}/v1/classify", headers=headers | {"x-tidegate-tenant": "forum"}, json=body).json()
    assert (mine["policy"]["name"], mine["policy"]["version"]) == ("forum", 1)

    # What a reader does with the log and with texts that nobody has labelled.
    (tmp_path / "unlabelled.csv").write_text((tmp_path / "heldout.csv").read_text().replace("labels", "note"))
    server.stop()
    for command in (block for part in (before, after) for block in blocks_in(part, "sh")):
        if command.startswith(("tidegate replay", "tidegate sample")):
            run(command)
    assert len((tmp_path / "next.jsonl").read_text().splitlines()) == 200
