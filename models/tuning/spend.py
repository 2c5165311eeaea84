"""Spend a budget of false alarms on thresholds, one step at a time, where a step catches the most harm.

A step lowers one category's threshold. It costs the harmless rows that it newly stops. It gains in two ways that
count alike: overall recall, and the mean of the categories' own recalls, without which a rare category would get
nothing. The step with the best ratio of gain to cost is taken until nothing affordable gains.

Scores are places on a grid of thresholds, so that all steps are weighed at once by counting: a row at place p is
stopped by thresholds at p and below. A place of -1 is below all thresholds.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]
Places = NDArray[np.int16]
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
    grid = (np.arange(round(HIGHEST * 100) + 1) / 100).astype(np.float32)
    walk = Walk(_placed(harmless, grid), _placed(harmful, grid), positives, np.rint(chosen * 100).astype(int), price)
    for slug, place in walk.steps(allowed, round(lowest * 100)):
        chosen[slug] = place / 100
    return chosen


def _placed(scores: Array, grid: Array) -> Places:
    return np.asarray(np.searchsorted(grid, scores, side="right") - 1).astype(np.int16)


def _above(scores: NDArray[np.float32], lowest: float) -> NDArray[np.float64]:
    """Return the next hundredth above a score, within `lowest` and HIGHEST."""
    return np.asarray(np.clip(np.floor(scores.astype(np.float64) * 100 + 1) / 100, lowest, HIGHEST))


def over(scores: Array, thresholds: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return (rows,): whether any category reaches its threshold."""
    return np.asarray((scores >= thresholds.astype(np.float32)).any(axis=1))


class Walk:
    """Thresholds on their way down. `harmless` and `harmful` are places of shape (rows, slugs), `at` one of each slug.

    `positives` says which categories hold in `harmful`; `price`, of shape (harmless rows,), is what each costs.
    """

    def __init__(self, harmless: Places, harmful: Places, positives: Mask, at: NDArray[np.int_], price: Prices) -> None:
        self.at = at.copy()
        self.spent = 0.0
        top = int(max(harmless.max(initial=0), harmful.max(initial=0), at.max(initial=0))) + 1
        self._places = np.arange(top)
        self._harmless = _Left(harmless, price, top)
        self._harmful = _Left(harmful, np.ones(len(harmful)), top)
        self._worth = positives.shape[1] * np.maximum(positives.sum(axis=0), FEW)
        # Of a category's own positives, those that it does not name yet, whatever else has caught them.
        self._own = np.stack(
            [np.bincount(harmful[held, i] + 1, minlength=top + 1)[1:] for i, held in enumerate(positives.T)]
        )
        for slug, place in enumerate(self.at):
            self._lower(slug, int(place))

    def steps(self, allowed: float, lowest: int, least: float = 0.5) -> Iterator[tuple[int, int]]:
        """Yield each step taken, a slug and its new place, until `allowed` in all is spent or nothing gains.

        No place goes below `lowest`. A step that costs less than `least` is weighed as if it cost that.
        """
        while (step := self._best(allowed - self.spent, lowest, least)) is not None:
            yield step
            self._lower(*step)

    def _best(self, left: float, lowest: int, least: float) -> tuple[int, int] | None:
        cost = _reaching(self._harmless.counts)
        gain = _reaching(self._harmful.counts) / max(self._harmful.rows, 1)
        gain = gain + _reaching(self._own) / self._worth[:, None]
        open_to = (self._places >= lowest) & (self._places < self.at[:, None]) & (cost <= left + 1e-9)
        rate = np.where(open_to, gain / np.maximum(cost, least), 0.0)
        # Of equals the highest: what gains nothing on these rows may cost on others.
        place = rate.shape[1] - 1 - np.argmax(rate[:, ::-1], axis=1)
        best = rate[np.arange(len(rate)), place]
        slug = int(np.argmax(best))
        return (slug, int(place[slug])) if best[slug] > 0 else None

    def _lower(self, slug: int, place: int) -> None:
        self.at[slug] = place
        self._own[slug, place:] = 0
        self.spent += self._harmless.stop(slug, place)
        self._harmful.stop(slug, place)


class _Left:
    """Rows that nothing has stopped yet, and what they weigh at each place of each slug: `counts` (slugs, places)."""

    def __init__(self, places: Places, weights: Prices, top: int) -> None:
        self.rows = len(places)
        self._places, self._columns = places, np.asfortranarray(places)
        self._weights, self._top = weights, top
        self._left = np.ones(len(places), bool)
        self.counts = self._weigh(self._left)

    def stop(self, slug: int, place: int) -> float:
        """Take out the rows that a slug stops at a place; return what they weigh."""
        hit = self._left & (self._columns[:, slug] >= place)
        self._left &= ~hit
        self.counts -= self._weigh(hit)
        return float(self._weights[hit].sum())

    def _weigh(self, rows: Mask) -> Prices:
        places, slugs = self._places[rows], self._places.shape[1]
        # The place of a row that reaches nothing, -1, is counted and cut off.
        cells = places + 1 + np.arange(slugs) * (self._top + 1)
        weights = np.repeat(self._weights[rows], slugs)
        counts = np.bincount(cells.ravel(), weights, minlength=slugs * (self._top + 1))
        return np.asarray(counts.reshape(slugs, self._top + 1)[:, 1:])


def _reaching(counts: NDArray[np.float64] | NDArray[np.int_]) -> NDArray[np.float64]:
    """Return what weighs at each place or above."""
    return np.asarray(np.cumsum(counts[:, ::-1], axis=1)[:, ::-1], np.float64)
