"""Which point of a path to take, and what it promises: tested on rows that had no part in making the path.

Angelopoulos, Bates, Candès, Jordan & Lei 2021, "Learn then test: calibrating predictive algorithms to achieve risk
control". Points are tested in a fixed order, the most careful first, each at the whole confidence; the first that
fails ends it, and the last that passed is chosen. To choose a point whose rate is beyond the limit, the first such
point of the order has to pass, which happens at most as often as the confidence allows. Whether the rate grows along
the way does not matter. A test is a Clopper-Pearson bound within the limit.

What holds at the confidence is the limit. The bound at the chosen point is that of its own test; it lies next to the
limit unless the path ended first.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.tuning.bounds import rows_needed, upper
from models.tuning.tuned import OVERALL, Refusal
from taxonomy.evidence import Promise

FPR, RECALL, REVIEWS = "fpr", "recall", "reviews"
# What the rows of a figure are, in a sentence.
_KINDS = {FPR: "harmless rows", RECALL: "harmful rows", REVIEWS: "rows of traffic"}
_ERRORS = {FPR: "stopped", RECALL: "missed", REVIEWS: "reviewed"}
_OF_ITS_OWN = {FPR: "rows without it", RECALL: "rows with it"}


class Asked(NamedTuple):
    """A rate to promise: `figure` FPR, RECALL or REVIEWS of `of`, its limit in 0..1, at a confidence in 0..1.

    `choosing` is the share of rows that goes to choosing, for saying how many are missing.
    """

    of: str
    figure: str
    limit: float
    confidence: float
    choosing: float

    @property
    def most(self) -> float:
        """The greatest share of errors: of what is stopped, reviewed or, for RECALL, missed."""
        return 1 - self.limit if self.figure == RECALL else self.limit


def passing(errors: NDArray[np.int64], rows: int, asked: Asked) -> int:
    """Return how many points pass before the first that fails; `errors`, of shape (points,), most careful first."""
    fails = upper(errors, rows, asked.confidence) > asked.most
    return int(np.argmax(fails)) if fails.any() else len(errors)


def promise(asked: Asked, errors: int, rows: int) -> Promise:
    """Return what a point that passed promises."""
    return _stated(asked.of, asked.figure, errors, rows, asked.confidence, asked.limit)


def measure(of: str, figure: str, errors: int, rows: int, confidence: float) -> Promise:
    """Return the bound on a rate that nothing was promised of; `rows` of 0 say nothing."""
    return _stated(of, figure, errors, rows, confidence, None)


def _stated(of: str, figure: str, errors: int, rows: int, confidence: float, limit: float | None) -> Promise:
    bound = float(upper(errors, rows, confidence))
    # Rounded away from what was observed, so that the bound as written still is one; never past the limit it kept.
    careful = math.ceil(round(bound * 1e6, 3)) / 1e6
    if figure == RECALL:
        careful = round(1 - careful, 6)
        careful = careful if limit is None else max(careful, limit)
    elif limit is not None:
        careful = min(careful, limit)
    return Promise(of=of, figure=figure, bound=careful, rows=rows, errors=errors, limit=limit)


def refuse(asked: Asked, errors: int, rows: int, even: str = "with the most careful thresholds") -> Refusal:
    """Say why the most careful point did not pass, with `errors` of `rows` verifying rows, and what would help.

    The rows that are missing are reckoned at the rate of errors seen; `even` says which point that is.
    """
    sign = ">=" if asked.figure == RECALL else "<="
    kind = _KINDS[asked.figure] if asked.of == OVERALL else _OF_ITS_OWN[asked.figure]
    what = f"{asked.figure} {sign} {asked.limit:g} at {asked.confidence:.4g} confidence"
    head = f"{asked.of}: {what} cannot be promised: "
    needed = rows_needed(asked.most, asked.confidence, errors / rows if rows else 0.0)
    if needed is None:
        seen = f"{errors:,} of {rows:,} {kind} are {_ERRORS[asked.figure]} even {even}"
        return _refusal(asked, errors, rows, None, f"{head}{seen}; more rows would not help")
    missing = max(math.ceil((needed - rows) / (1 - asked.choosing)), 1)
    at_best = f"with {errors:,} of {rows:,} {_ERRORS[asked.figure]} even {even}" if errors else "without an error"
    seen = f"there {'is' if rows == 1 else 'are'} {rows:,} to verify it on"
    more = f"label about {missing:,} more, of which {1 - asked.choosing:.0%} are to verify"
    words = f"{head}{at_best} at least {needed:,} {kind} are needed, and {seen}: {more}"
    return _refusal(asked, errors, rows, missing, words)


def _refusal(asked: Asked, errors: int, rows: int, missing: int | None, words: str) -> Refusal:
    return Refusal(
        of=asked.of, figure=asked.figure, limit=asked.limit, rows=rows, errors=errors, missing=missing, words=words
    )


def f1(stopped: NDArray[np.int64], caught: NDArray[np.int64], harmful: int) -> NDArray[np.float64]:
    """Return (points,): F1 in 0..1, of harmless rows `stopped` and harmful rows `caught` at each point."""
    return np.asarray(2 * caught / np.maximum(harmful + stopped + caught, 1))
