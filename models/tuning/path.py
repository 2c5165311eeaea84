"""A path of thresholds, found on the rows to choose on: every point stops what the one before stops, and more.

    all at the top -> rungs -> where no harmless row is stopped -> steps that pay -> rungs -> all at the bottom

It is fixed before a verifying row is looked at, so that its points can be tested one after the other without paying
for their number: Angelopoulos et al. 2021, "Learn then test", the fixed sequence tests of section 3. It begins and ends
with points that hold on nearly any rows, and the way to either is short.
"""

import numpy as np
from numpy.typing import NDArray

from models.tuning.levels import ALWAYS, GRID, TOP, Levels, Places
from models.tuning.rows import SLUGS, Mask
from models.tuning.spend import Walk
from taxonomy.categories import Role
from taxonomy.decision import STEPS
from taxonomy.policy import Policy

# Points between an end of the path and where the steps begin.
RUNGS = 20
# Steps are fine, a hundredth of the budget, until they have spent so many times the budget; what lies beyond serves
# bands and recall, where a step is a thousandth of the harmless rows.
BEYOND = 2.0
# Steps keep above this threshold: below it scores say nothing.
LOWEST = 0.02


def lay(
    placed: Levels, harmless: Mask, to_catch: Mask, positives: Mask, policy: Policy, tuned: Mask, limit: float | None
) -> Places:
    """Return points, int16 of shape (points, slugs): places on the grid, none higher than in the point before.

    `placed` are the rows to choose on; `harmless` and `to_catch`, of shape (n,), say which they are, and `positives`,
    of shape (n, slugs), what holds. Categories that are not `tuned` stay at place 0, which means nothing. `limit` is
    the share of harmless rows that is the budget, where there is one.
    """
    top = np.where(tuned, TOP, 0)
    # Rows that are stopped whatever the thresholds decide nothing.
    moved = ~(placed.stops == ALWAYS).any(axis=1)
    calm, harm = placed.stops[harmless & moved], placed.stops[to_catch & moved]
    begin = np.where(tuned, _start(calm, policy), 0)
    walk = Walk(calm, harm, positives[to_catch & moved] & tuned, begin, np.ones(len(calm)))
    points = [*_rungs(top, begin), begin]
    budget = BEYOND * (limit or 0) * len(calm)
    lowest = int(np.searchsorted(GRID, LOWEST * STEPS))
    for allowed, least in ((budget, max(budget / 100, 0.5)), (float("inf"), max(len(calm) / 1000, 0.5))):
        for slug, place in walk.steps(allowed, lowest, least):
            # A step that pays may be a long one: the places it passes are points too, or it could only be taken whole.
            for passed in range(begin[slug] - 1, place - 1, -1):
                begin = begin.copy()
                begin[slug] = passed
                points.append(begin)
    bottom = np.zeros(len(SLUGS), int)
    return np.array([*points, *_rungs(begin, bottom)[1:], bottom]).astype(np.int16)


def _start(calm: Places, policy: Policy) -> NDArray[np.int_]:
    """Return (slugs,): the policy's own threshold or, where that is higher, the lowest that stops no harmless row.

    So a category that no row holds keeps its threshold where that costs nothing.
    """
    own = [max(policy.rules[role][slug].threshold for role in Role) for slug in SLUGS]
    places = np.searchsorted(GRID, np.rint(np.array(own) * STEPS))
    return np.asarray(np.minimum(np.maximum(places, calm.max(axis=0, initial=-1) + 1), TOP))


def _rungs(high: NDArray[np.int_], low: NDArray[np.int_]) -> list[NDArray[np.int_]]:
    return [high - (high - low) * rung // RUNGS for rung in range(RUNGS)]
