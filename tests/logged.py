"""Decisions as a log keeps them, for tests: what is not said is the same in all of them."""

from models.outputs import OUTPUTS
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
