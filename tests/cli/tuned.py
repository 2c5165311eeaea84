"""Data for `tidegate tune` and `tidegate sample`, and how most tests call the first of them."""

from pathlib import Path

import msgspec

from models.bundle import Bundle
from models.outputs import OUTPUTS, UNSAFE
from taxonomy.decision import Feedback, short
from taxonomy.policy import Action
from tests.cli.conftest import Tidegate
from tests.logged import decision

OBJECTIVE = "max_recall@fpr<=1%"
REVIEWED = "warning: guns_illegal_weapons blocks none of its {0} labelled rows, {0} before; {0} go to review for it\n"


def texts(path: Path, harmless: int = 800, harmful: int = 60) -> Path:
    rows = ["text,role,labels"]
    rows += [f"the weather of day {i},prompt,none" for i in range(harmless)]
    rows += [f"number {i} is a weapon,prompt,guns_illegal_weapons" for i in range(harmful)]
    path.write_text("\n".join(rows))
    return path


def tune(tidegate: Tidegate, data: Path, *arguments: str | Path, objective: str = OBJECTIVE) -> tuple[int, str, str]:
    output = data.with_name("mine.yaml")
    result = tidegate("tune", data, "--objective", objective, "--output", output, *arguments)
    return result.exit_code, result.stdout, result.stderr


def log_of(folder: Path, bundle: Path, harmless: int = 700, harmful: int = 30, unheard: int = 50) -> Path:
    """Write decisions, and feedback on the first of them: all were right."""
    folder.mkdir()
    lines: list[bytes] = []
    model = short(Bundle.open(bundle).digest)
    for i in range(harmless + harmful + unheard):
        bad = harmless <= i < harmless + harmful
        scores = [9_900 if bad and slug in ("guns_illegal_weapons", UNSAFE) else 100 + i % 90 for slug in OUTPUTS]
        verdict = Action.BLOCK if bad else Action.ALLOW
        made = decision(i, scores=tuple(scores), verdict=verdict, model=model, language="en")
        lines.append(msgspec.json.encode(made))
        if i < harmless + harmful:
            lines.append(msgspec.json.encode(Feedback(made.id, made.time + 1, right=True)))
    (folder / "decisions-1.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    return folder
