"""Thresholds and review bands for the least cost, where a look by a person has its price."""

import numpy as np

from models.tuning.bands import band_changes, banded, follow, spared, thresholds, widths, with_changes, without
from models.tuning.levels import Places
from models.tuning.objective import Costs
from models.tuning.rows import Mask
from models.tuning.walked import Side
from taxonomy.policy import Action, Policy, RuleChange

# Points of the path whose thresholds are tried, each with bands from itself to as many points.
PAIRS = 24


def cheapest(
    points: Places, policy: Policy, tuned: Mask, side: Side, costs: Costs
) -> tuple[int, dict[str, RuleChange]]:
    """Return the point of the path and the bands that cost least on the rows to choose on, tried in pairs.

    A harmless row flagged or blocked costs a false alarm, a row to catch that is allowed a miss, any row that a person
    looks at a review.
    """
    assert costs.review is not None
    some = np.unique(np.linspace(0, len(points) - 1, PAIRS).astype(int))
    found: tuple[float, int, dict[str, RuleChange]] | None = None
    has_band = banded(policy, tuned)
    for point in some:
        from_path = with_changes(without(policy, has_band), thresholds(points[point], tuned))
        wide, _ = widths(points[some], from_path, has_band)
        seen = follow(side.rows, from_path, wide)
        judged = side.harmless | side.to_catch
        number = len(wide)
        reviews = seen.reviews(number, judged)
        allowed = int(side.to_catch.sum()) - seen.caught(number, side.to_catch)
        false = int((side.harmless & (seen.alone != Action.REVIEW.gravity)).sum())
        cost = costs.review * reviews + costs.miss * allowed
        cost = cost + costs.false_alarm * (false - spared(seen, number, side.harmless))
        at = int(np.argmin(cost))
        if found is None or cost[at] < found[0]:
            found = float(cost[at]), int(point), band_changes(wide[at], has_band)
    assert found is not None
    return found[1], found[2]
