"""What is asked of one tuning, for all that answer it."""

from typing import NamedTuple

from models.tuning.objective import Costs, Counted, Objective
from models.tuning.rows import Mask


class Limits(NamedTuple):
    """What bands are to meet: the least recall, and the greatest share of texts reviewed; each in 0..1, or None."""

    recall: float | None
    reviews: float | None


class Asking(NamedTuple):
    """What is asked: the arguments of tune(), and what follows from them.

    `each` is the confidence of one overall promise, `tuned` of shape (slugs,) which categories' thresholds move.
    """

    objective: Objective
    costs: Costs
    confidence: float
    each: float
    joint: bool
    choosing: float
    counts: Counted
    tuned: Mask
    limits: Limits
    with_bands: bool
