"""Single figures of some rows, each with how many rows it rests on."""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.training.corpus.build import stack
from models.training.corpus.labels import ATTACKS
from models.training.corpus.mix import Example
from models.training.evaluate.figures import decisions
from models.training.evaluate.judged import Array, Judged, Mask, share_of
from models.training.evaluate.quality import (
    FEWEST_POSITIVES,
    average_precision,
    decided,
    harmful_rows,
    harmless_rows,
    recall_at,
)

HATE = "hate"
# Of so many harmless rows one is 1 %.
_HUNDRED = 100


class Attained(msgspec.Struct, frozen=True, kw_only=True):
    """A figure in 0..1 of so many rows; None for rows that it does not look at, and for a figure of too few.

    `low` and `high` are the ends of a 95 % interval, where the figure is a share of rows.
    """

    value: float | None
    harmful: int | None = None
    harmless: int | None = None
    low: float | None = None
    high: float | None = None
    why: str = ""


# From rows and what was said of them to a figure.
Figure = Callable[[Sequence[Example], Judged], Attained]


def harm_ranked(examples: Sequence[Example], found: Judged) -> Attained:
    """Average precision of `unsafe`."""
    scores, truth = _output(UNSAFE, examples, found)
    return _of_both(truth, lambda: average_precision(scores, truth))


def attacks_at_one_percent(examples: Sequence[Example], found: Judged) -> Attained:
    """Return the greatest recall of attacks at 1 % of false positives, by the score of `attack`."""
    scores, truth = _output(ATTACK, examples, found)
    return _of_both(truth, lambda: recall_at(scores, truth, 0.01), _HUNDRED)


def flagged_harmless(examples: Sequence[Example], found: Judged) -> Attained:
    """Share of the harmless rows that the policy flags."""
    return _share(found.flagged[harmless_rows(*stack(list(examples)))], harmful=False)


def attack_in_harmless(examples: Sequence[Example], found: Judged) -> Attained:
    """Share of the harmless rows that the rule of an attack flags."""
    return _share(_says(found, *ATTACKS)[harmless_rows(*stack(list(examples)))], harmful=False)


def flagged_harmful(examples: Sequence[Example], found: Judged) -> Attained:
    """Share of the harmful rows that the policy flags."""
    return _share(found.flagged[harmful_rows(*stack(list(examples)))], harmful=True)


def f1(examples: Sequence[Example], found: Judged) -> Attained:
    """F1 of what the policy flags, harmful rows being positive."""
    values, weights = stack(list(examples))
    harmful = harmful_rows(values, weights)
    told = harmful | harmless_rows(values, weights)
    said, truth = found.flagged[told], harmful[told]
    return _of_both(truth, lambda: decisions(said, truth).f1)


def hate_macro_f1(examples: Sequence[Example], found: Judged) -> Attained:
    """Mean of the F1 of hate and that of its absence, by the rule of `hate`."""
    values, weights = stack(list(examples))
    i = OUTPUTS.index(HATE)
    truth, absent = decided(values[:, i], weights[:, i])
    told = truth | absent
    said, truth = _says(found, HATE)[told], truth[told]
    return _of_both(truth, lambda: _mean(decisions(said, truth).f1, decisions(~said, ~truth).f1))


def _output(name: str, examples: Sequence[Example], found: Judged) -> tuple[Array, Mask]:
    """Return the scores of an output and what holds of it, both (rows,), where it was judged."""
    values, weights = stack(list(examples))
    i = OUTPUTS.index(name)
    truth, absent = decided(values[:, i], weights[:, i])
    told = truth | absent
    return found.probabilities[told, i], truth[told]


def _says(found: Judged, *slugs: str) -> Mask:
    """Return (rows,): the rule of one of the categories flags."""
    return np.array([any(c.flagged for c in each.categories if c.slug in slugs) for each in found.verdicts], dtype=bool)


def _of_both(truth: Mask, figure: Callable[[], float | None], harmless: int = FEWEST_POSITIVES) -> Attained:
    """Return a figure that needs both polarities; `harmless` is the fewest harmless rows it needs."""
    positive, negative = int(truth.sum()), int((~truth).sum())
    why = _few(positive, FEWEST_POSITIVES, "harmful") or _few(negative, harmless, "harmless")
    value = None if why else figure()
    return Attained(value=_short(value), harmful=positive, harmless=negative, why=why)


def _share(said: Mask, *, harmful: bool) -> Attained:
    rows = len(said)
    counts = Attained(value=None, harmful=rows if harmful else None, harmless=None if harmful else rows)
    if why := _few(rows, FEWEST_POSITIVES, "harmful" if harmful else "harmless"):
        return msgspec.structs.replace(counts, why=why)
    found = share_of(said)
    low, high = found.interval
    return msgspec.structs.replace(counts, value=_short(found.value), low=_short(low), high=_short(high))


def _few(rows: int, fewest: int, what: str) -> str:
    return "" if rows >= fewest else f"{rows} {what} rows are too few" if rows else f"no {what} rows"


def _mean(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else (one + other) / 2


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
