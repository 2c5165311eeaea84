"""Rows to choose on, and rows to verify on that the choice has never seen."""

import numpy as np
from numpy.typing import NDArray

from models.tuning.rows import Mask


def split(groups: NDArray[np.int64], strata: NDArray[np.int64], share: float, seed: int) -> Mask:
    """Return (n,): which rows are for choosing, about `share` (0..1) of the groups of every stratum.

    All rows of a group stand on the same side. `groups` and `strata` have shape (n,); a group belongs to the stratum of
    the first of its rows. Which rows are in one group counts, not its number, which is another in every process: equal
    rows give equal splits.
    """
    _, first, member = np.unique(groups, return_index=True, return_inverse=True)
    order = np.argsort(first)
    first, member = first[order], np.argsort(order)[member]
    random = np.random.default_rng(seed)
    shuffled = random.permutation(len(first))
    shuffled = shuffled[np.argsort(strata[first][shuffled], kind="stable")]
    # Numbered within its stratum, a group is for choosing where the running share passes a whole number. Where that
    # begins is drawn for each stratum: else one row alone would always go to the same side.
    of = strata[first][shuffled]
    kinds, start, place = np.unique(of, return_index=True, return_inverse=True)
    number = np.arange(len(of)) - start[place]
    drawn = random.random(len(kinds))[place]
    chosen = np.zeros(len(first), bool)
    chosen[shuffled] = np.floor((number + 1) * share + drawn) > np.floor(number * share + drawn)
    return np.asarray(chosen[member])
