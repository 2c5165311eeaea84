"""Decisions as the routes note them, made without a model."""

import itertools
from collections.abc import Mapping
from typing import Any

from models.outputs import OUTPUTS
from service.cache.record import Coverage
from service.decisions.lines import Lines
from service.decisions.noted import Noted
from service.judge import Judged
from service.scoring import Scored
from taxonomy.categories import Role
from taxonomy.files import native, shipped_policies
from taxonomy.verdict import Scores, decide

DEFAULT = shipped_policies()["default"]
MODEL, TAXONOMY = "sha256:" + "ab" * 32, "sha256:" + "cd" * 32
_numbers = itertools.count()


def lines(share: float = 1.0, secret: bytes = b"secret") -> Lines:
    return Lines(secret, MODEL, TAXONOMY, share)


def answer_id() -> str:
    """Return the id of an answer like the routes', none twice; the last digits are spread evenly."""
    number = next(_numbers)
    return f"tg-{number:016x}{number * 2654435761 % 2**32:08x}"


def judged(
    high: Mapping[str, float] | None = None,
    role: Role = Role.PROMPT,
    *,
    cached: bool = False,
    supported: bool = True,
    language: str = "en",
    degraded: bool = False,
    text: bytes = b"text",
) -> Judged:
    """Return a text judged by the default policy, in which the outputs `high` score as given and the rest 0.01."""
    by_output = dict.fromkeys(OUTPUTS, 0.01) | dict(high or {})
    *categories, unsafe, attack = by_output.values()
    scores = Scores(tuple(categories), unsafe, attack)
    scored = Scored(
        scores, ("",) * len(OUTPUTS), Coverage(12, 12, 1, language=language), cached, supported, text_hash=text
    )
    return Judged(role, scored, decide(scores, DEFAULT, role, supported=supported), (), degraded)


def noted(*texts: Judged, **changes: Any) -> Noted:
    """Return the note of an answer; it came at second 1 of the monotonic clock, and took 5 ms."""
    policy = changes.pop("policy", DEFAULT)
    given = {"began": 1.0, "ended": 1.005, "tenant": "", "thresholds": {}, "version": 0, **changes}
    given |= {"policy": policy.name, "digest": policy.digest}
    return Noted(answer=given.pop("answer", None) or answer_id(), judged=texts or (judged(),), **given)


WEAPON = {"guns_illegal_weapons": 0.995, "unsafe": 0.99}
assert (*native().trained, "unsafe", "attack") == OUTPUTS
