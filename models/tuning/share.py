"""What share of decisions something is true of, and between which bounds it lies in traffic like theirs.

A text that is asked a thousand times is one observation, not a thousand: always the same scores, so the same verdict.
The interval is that of Clopper & Pearson on as many draws as n decisions are worth, as Korn & Graubard 1998 proposed
("Confidence intervals for proportions with small expected number of positive counts estimated from survey data", Survey
Methodology 24). Draws are the smaller of two numbers:

    Kish's effective sample size, n^2 / sum of m^2 for m decisions a text (Kish 1965, "Survey Sampling")
    p (1 - p) / variance, each text being a cluster and the variance of the share p that of a ratio

Korn & Graubard take the second alone, with a correction that is nothing for a hundred texts. Where few texts change and
some are asked often it misses by far: simulated (100 to 5,000 texts, asked up to 1,000 times), intervals at 95 % held
the true share in 46 to 100 % of 4,000 logs, and with the smaller of both numbers in 95 to 100 %.
"""

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv


class Share(msgspec.Struct, frozen=True):
    """`decisions` of those looked at, on `texts` distinct ones: `share` of all, between `low` and `high`; 0..1."""

    decisions: int
    texts: int
    share: float
    low: float
    high: float


class Shares:
    """Counts shares of one set of n decisions."""

    def __init__(self, texts: NDArray[np.uint64], confidence: float) -> None:
        """`texts` of shape (n,) tells texts apart; `confidence` in 0..1 is that of both bounds together."""
        self._places, self._sizes = _clusters(texts)
        self._squares = float(np.square(self._sizes, dtype=np.float64).sum())
        self._tail = (1 - confidence) / 2

    @property
    def decisions(self) -> int:
        """How many decisions there are."""
        return len(self._places)

    @property
    def texts(self) -> int:
        """How many distinct texts there are."""
        return len(self._sizes)

    def of(self, true: NDArray[np.bool_]) -> Share:
        """Return the share that is `true`, of shape (n,). Of no decisions it is 0, between 0 and 1."""
        found = self._places[true]
        if not self.decisions:
            return Share(0, 0, 0.0, 0.0, 1.0)
        hit, hits = np.unique(found, return_counts=True)
        share = len(found) / self.decisions
        draws = self._draws(share, hits.astype(np.float64), self._sizes[hit])
        low, high = self._bounds(share, draws)
        return Share(len(found), len(hit), share, low, high)

    def _draws(self, share: float, hits: NDArray[np.float64], sizes: NDArray[np.int64]) -> float:
        """Return how many independent draws the decisions are worth, 1 to n."""
        n = self.decisions
        draws = n**2 / self._squares
        # The sum of (hits - share * size)^2 over all texts; most have no hits.
        others = self._squares - float(np.square(sizes, dtype=np.float64).sum())
        spread = float(((hits - share * sizes) ** 2).sum()) + share**2 * others
        # Where the same share of each text's decisions is true, they tell nothing of how texts differ.
        return min(draws, share * (1 - share) * n**2 / spread) if spread > 0 else draws

    def _bounds(self, share: float, draws: float) -> tuple[float, float]:
        hits, misses = share * draws, (1 - share) * draws
        # The quantiles of beta distributions; scipy.stats asks for them by a way that takes fifty times as long.
        low = betaincinv(hits, misses + 1, self._tail) if hits > 0 else 0.0
        high = betaincinv(hits + 1, misses, 1 - self._tail) if misses > 0 else 1.0
        return float(low), float(high)


def _clusters(texts: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each decision's place among the distinct texts, shape (n,), and how many decisions each text has."""
    _, places, sizes = np.unique(texts, return_inverse=True, return_counts=True)
    return places, sizes
