"""What a sample says about a rate, and how many rows it takes to promise one.

The bounds are exact and one-sided: Clopper & Pearson 1934, "The use of confidence or fiducial limits illustrated in the
case of the binomial", by quantiles of the beta distribution.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv

# Beyond this many rows nobody labels: the limit is as good as out of reach.
MOST_ROWS = 10**9


def upper(errors: ArrayLike, rows: ArrayLike, confidence: float) -> NDArray[np.float64]:
    """Return the upper bound on a rate, in 0..1, of which `rows` draws showed `errors`; 1 for no rows."""
    errors, rows = np.asarray(errors, np.float64), np.asarray(rows, np.float64)
    whole = errors >= rows
    return np.where(whole, 1.0, betaincinv(errors + 1, np.where(whole, 1.0, rows - errors), confidence))


def lower(hits: ArrayLike, rows: ArrayLike, confidence: float) -> NDArray[np.float64]:
    """Return the lower bound on a rate, in 0..1, of which `rows` draws showed `hits`; 0 for no rows."""
    return 1 - upper(np.asarray(rows) - np.asarray(hits), rows, confidence)


def rows_needed(limit: float, confidence: float, rate: float = 0.0) -> int | None:
    """Return how many rows bound a rate by `limit` when a share `rate` of them shows errors; all are in 0..1.

    Of the whole numbers of errors the next above is taken. None when `rate` is not below `limit`, or so near that more
    than MOST_ROWS would be needed.
    """
    if rate <= 0:
        return math.ceil(round(math.log(1 - confidence) / math.log1p(-limit), 9))
    if rate >= limit or not _enough(MOST_ROWS, limit, confidence, rate):
        return None
    low, high = 1, MOST_ROWS
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _enough(middle, limit, confidence, rate) else (middle + 1, high)
    return low


def _enough(rows: int, limit: float, confidence: float, rate: float) -> bool:
    return bool(upper(math.ceil(round(rows * rate, 6)), rows, confidence) <= limit)
