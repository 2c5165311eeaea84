"""Which width of the review bands to take: as wide as people have time for, as wide as the recall asks."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.tuning.asking import Asking, Limits
from models.tuning.bands import Reviewed, band_changes, banded, follow, spared, widths, without
from models.tuning.choose import RECALL, REVIEWS, Asked, passing, refuse
from models.tuning.levels import Places
from models.tuning.rows import SLUGS, Mask
from models.tuning.tuned import OVERALL, Coverage, Refusal
from models.tuning.walked import Side
from taxonomy.decision import STEPS
from taxonomy.policy import Action, Policy, RuleChange


class Banded(NamedTuple):
    """Bands chosen: `changes` by slug, empty where refused, and what is promised of them."""

    changes: dict[str, RuleChange]
    asked: tuple[Asked, ...]
    refusals: tuple[Refusal, ...]
    coverage: Coverage
    notes: tuple[str, ...]


def choose_bands(points: Places, policy: Policy, verifying: Side, asking: Asking) -> Banded:
    """Choose how wide the bands of `policy` are, whose thresholds stay, along the path laid on the rows to choose on.

    Recall is tested from the widest bands on and the load from the narrowest; the widths that pass both hold both.
    Without a recall to meet the widest is taken, without a limit of reviews the narrowest.
    """
    has_band = banded(policy, asking.tuned)
    wide, cut = widths(points, policy, has_band)
    number = len(wide)
    seen = follow(verifying.rows, without(policy, has_band), wide)
    caught = seen.caught(number, verifying.to_catch)
    reviews = seen.reviews(number, verifying.rows.traffic)
    low, high = 0, number - 1
    limits, confidence, choosing = asking.limits, asking.each, asking.choosing
    asked: list[Asked] = []
    refusals: list[Refusal] = []
    if limits.reviews is not None:
        load, rows = Asked(OVERALL, REVIEWS, limits.reviews, confidence, choosing), int(verifying.rows.traffic.sum())
        high = passing(reviews, rows, load) - 1
        if high >= 0:
            asked.append(load)
        else:
            refusals.append(refuse(load, int(reviews[0]), rows, "without bands"))
    if limits.recall is not None:
        least, rows = Asked(OVERALL, RECALL, limits.recall, confidence, choosing), int(verifying.to_catch.sum())
        missed = rows - caught
        low = number - passing(missed[::-1], rows, least)
        if low <= high:
            asked.append(least)
        elif low == number or high < 0:
            refusals.append(refuse(least, int(missed[-1]), rows, "with the widest bands"))
        else:
            refusals.append(_too_few_reviews(least, int(missed[high]), rows))
    point = _point(low, high, limits)
    coverage = _coverage(seen, verifying, caught, reviews, point)
    if point is None:
        return Banded({}, (), tuple(refusals), coverage, ())
    return Banded(
        band_changes(wide[point], has_band), tuple(asked), tuple(refusals), coverage, _notes(cut[point], wide[point])
    )


def _point(low: int, high: int, limits: Limits) -> int | None:
    if limits.reviews is None:
        return low if low <= high else None
    return high if high >= 0 else None


def _notes(cut: Mask, wide: NDArray[np.int64]) -> tuple[str, ...]:
    return tuple(
        f"the band of {slug} is {int(width) / STEPS:g} wide: a band takes at most half the room below its threshold"
        for slug, width, short in zip(SLUGS, wide, cut, strict=True)
        if short
    )


def _too_few_reviews(asked: Asked, missed: int, rows: int) -> Refusal:
    words = (
        f"overall: recall >= {asked.limit:g} at {asked.confidence:.4g} confidence cannot be promised: {missed:,} of "
        f"{rows:,} harmful rows are missed with bands as wide as the limit of reviews allows"
    )
    return Refusal(of=OVERALL, figure=RECALL, limit=asked.limit, rows=rows, errors=missed, missing=None, words=words)


def _coverage(
    seen: Reviewed, of: Side, caught: NDArray[np.int64], reviews: NDArray[np.int64], chosen: int | None
) -> Coverage:
    number, judged = len(caught), of.harmless | of.to_catch
    asked = seen.reviews(number, judged)
    alone = np.maximum(int(judged.sum()) - asked, 0)
    # Wrong and decided alone: harmful rows that nobody sees, and harmless ones flagged or blocked without a person.
    false = int((of.harmless & (seen.alone != Action.REVIEW.gravity)).sum()) - spared(seen, number, of.harmless)
    wrong = int(of.to_catch.sum()) - caught + false
    return Coverage(
        coverage=1 - reviews / max(int(of.rows.traffic.sum()), 1),
        risk=wrong / np.maximum(alone, 1),
        recall=caught / max(int(of.to_catch.sum()), 1),
        chosen=chosen,
    )
