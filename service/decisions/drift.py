"""How far the scores of the traffic are from those that thresholds were chosen on."""

import math
from collections.abc import Sequence

import msgspec
import numpy as np

# The 95th percentile of chi-square with 19 degrees of freedom, one less than an evaluation's bins.
_CHI_SQUARE = 30.144
# With fewer decisions chance alone moves the index by 0.3 and more.
LEAST = 100


class Drift(msgspec.Struct, frozen=True):
    """The population stability index of one category; up to `chance` it may well be chance. Both are 0 or more.

    By custom an index below 0.1 is called no shift, and one above 0.25 a great one.
    """

    index: float
    chance: float


def drift(expected: Sequence[int], found: Sequence[int]) -> Drift | None:
    """Compare two histograms of scores over the same bins; None where either counts fewer than LEAST.

    The index is sum((f - e) ln(f / e)) over the shares f and e of each bin (N. Siddiqi, Credit Risk Scorecards, Wiley
    2006, p. 137). Half a count is added to each bin, for an empty one has no logarithm. Without a shift it is
    distributed as (1 / n + 1 / m) times chi-square with one degree of freedom less than there are bins (B. Yurdakul,
    J. Naranjo, Statistical properties of the population stability index, Journal of Risk Model Validation 14(4),
    2020): `chance` is the 95th percentile of that.
    """
    n, m = sum(expected), sum(found)
    if min(n, m) < LEAST:
        return None
    shares = [(np.asarray(counts, float) + 0.5) / (sum(counts) + 0.5 * len(counts)) for counts in (expected, found)]
    index = float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0])))
    assert math.isfinite(index)
    return Drift(round(index, 4), round((1 / n + 1 / m) * _CHI_SQUARE, 4))
