"""Spend a budget of false alarms on thresholds, one step at a time, where a step catches the most harm.

A step lowers one category's threshold. It costs the harmless rows that it newly stops. It gains in two ways that
count alike: overall recall, and the mean of the categories' own recalls, without which a rare category would get
nothing. The step with the best ratio of gain to cost is taken until nothing affordable gains.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]
Prices = NDArray[np.float64]

# Above this nothing would pass.
HIGHEST = 0.98
# The recall of a category with fewer positives than these is worth as much as if it had so many.
FEW = 10


def spend(
    harmless: Array,
    harmful: Array,
    positives: Mask,
    allowed: float,
    bounds: tuple[float, NDArray[np.float64]],
    price: Prices,
) -> NDArray[np.float64]:
    """Return (slugs,) thresholds in hundredths, within `bounds`, that stop harmless rows of at most `allowed`.

    `bounds` are the lowest of all and the highest of each. A category that no harmless row ever comes near would get a
    threshold near 0, which other texts than these would cross; where `highest` is lower than that, it holds.
    `harmless` and `harmful` are scores of shape (rows, slugs); `positives` says which categories hold in `harmful`;
    `price`, of shape (harmless rows,), is what stopping each costs. Where `highest` alone stops more than `allowed`,
    it is returned as it is.
    """
    lowest, highest = bounds
    chosen = np.minimum(_above(harmless.max(axis=0, initial=0.0), lowest), highest)
    grid = np.arange(round(lowest * 100), round(HIGHEST * 100) + 1) / 100
    while (step := _best_step(harmless, harmful, positives, chosen, allowed, price, grid)) is not None:
        slug, threshold = step
        chosen[slug] = threshold
    return chosen


def _best_step(
    harmless: Array,
    harmful: Array,
    positives: Mask,
    chosen: NDArray[np.float64],
    allowed: float,
    price: Prices,
    steps: NDArray[np.float64],
) -> tuple[int, float] | None:
    stopped, caught = over(harmless, chosen), over(harmful, chosen)
    left = allowed - float(price[stopped].sum())
    worth = positives.shape[1] * np.maximum(positives.sum(axis=0), FEW)
    best, ratio = None, 0.0
    for slug, at in enumerate(chosen):
        grid = steps[at - 1e-9 > steps]
        if not len(grid):
            continue
        cost = _price_of(harmless[~stopped, slug], price[~stopped], grid)
        # Of the category's own positives, those that it does not name yet, whatever else has caught them.
        own = harmful[positives[:, slug] & (harmful[:, slug] < np.float32(at)), slug]
        gain = _reached(harmful[~caught, slug], grid) / max(len(harmful), 1) + _reached(own, grid) / worth[slug]
        rate = np.where(cost <= left + 1e-9, gain / np.maximum(cost, 0.5), 0.0)
        # Of equals the highest: what gains nothing on these texts may cost on others.
        place = len(rate) - 1 - int(np.argmax(rate[::-1]))
        if rate[place] > ratio:
            best, ratio = (slug, float(grid[place])), float(rate[place])
    return best


def _reached(scores: Array, grid: NDArray[np.float64]) -> NDArray[np.int_]:
    """Return how many scores reach each threshold of the ascending grid."""
    return len(scores) - np.searchsorted(np.sort(scores), grid.astype(np.float32), side="left")


def _price_of(scores: Array, price: Prices, grid: NDArray[np.float64]) -> Prices:
    """Return what the rows cost whose scores reach each threshold of the ascending grid."""
    order = np.argsort(scores)
    reached = np.searchsorted(scores[order], grid.astype(np.float32), side="left")
    return np.concatenate([np.cumsum(price[order][::-1])[::-1], [0.0]])[reached]


def _above(scores: NDArray[np.float32], lowest: float) -> NDArray[np.float64]:
    """Return the next hundredth above a score, within `lowest` and HIGHEST."""
    return np.asarray(np.clip(np.floor(scores.astype(np.float64) * 100 + 1) / 100, lowest, HIGHEST))


def over(scores: Array, thresholds: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return (rows,): whether any category reaches its threshold."""
    return np.asarray((scores >= thresholds.astype(np.float32)).any(axis=1))
