"""Decisions as a log keeps them, for tests: what is not said is the same in all of them."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from models.lines import Piece
from models.outputs import OUTPUTS
from models.tuning.log import DecisionLog, read
from taxonomy.categories import Role
from taxonomy.decision import Decision, short
from taxonomy.files import native, shipped_policies
from taxonomy.policy import Action, Policy

DEFAULT = shipped_policies()["default"]
START = 1_760_000_000_000
MODEL = "a" * 16


def decision(number: int = 0, policy: Policy = DEFAULT, **fields: object) -> Decision:
    """Return a decision; `scores` may be a mapping of slugs to steps, the rest being 0."""
    scores = fields.pop("scores", {})
    if isinstance(scores, dict):
        scores = tuple(scores.get(name, 0) for name in OUTPUTS)
    given = {
        "id": f"tg-{number:016x}{number * 2654435761 % 2**32:08x}-0",
        "time": START + number,
        "role": Role.PROMPT,
        "scores": scores,
        "verdict": Action.ALLOW,
        "policy": policy.name,
        "policy_digest": short(policy.digest),
        "model": MODEL,
        "taxonomy": short(native().digest),
        "text": f"{number:032x}",
        "tokens": 8,
        "scored": 8,
        "windows": 1,
    }
    return Decision(**{**given, **fields})


def lines_of(records: Iterable[msgspec.Struct]) -> bytes:
    return b"".join(msgspec.json.encode(each) + b"\n" for each in records)


def log_of(decisions: Sequence[Decision]) -> DecisionLog:
    return read([Piece("decisions.jsonl", 1, lines_of(decisions))])


def policy_file(path: Path, text: str) -> Path:
    path.write_text(f"kind: policy\nname: candidate\ndescription: Tried.\nextends: default\n{text}")
    return path
