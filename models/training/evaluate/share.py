"""A share of rows with what it is worth: few rows promise little."""

import math

import msgspec
from scipy.stats import binomtest

_CONFIDENCE = 0.95


class Share(msgspec.Struct, frozen=True):
    """`count` of `rows`; `value`, `low` and `high` in 0..1, the ends of a 95 % interval. Without rows, all unknown.

    Wilson 1927, "Probable inference, the law of succession, and statistical inference": unlike the textbook
    interval it does not shrink to nothing when no row, or every row, counts.
    """

    count: int
    rows: int

    @property
    def value(self) -> float:
        """The share itself; NaN without rows."""
        return self.count / self.rows if self.rows else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """The ends of the interval, 0..1; (0, 1) without rows."""
        if not self.rows:
            return 0.0, 1.0
        found = binomtest(self.count, self.rows).proportion_ci(_CONFIDENCE, method="wilson")
        return float(found.low), float(found.high)
