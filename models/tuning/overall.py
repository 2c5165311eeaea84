"""One point of the path for all categories together, by the objective."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.tuning.asking import Asking
from models.tuning.choose import FPR, RECALL, Asked, f1, passing, refuse
from models.tuning.objective import Aim
from models.tuning.tuned import OVERALL, Refusal
from models.tuning.walked import Walked


class Point(NamedTuple):
    """A point of the path and, where it promises something, what; `point` is None where it was refused."""

    point: int | None
    asked: Asked | None = None
    refusal: Refusal | None = None


def choose(walked: Walked, asking: Asking) -> Point:
    """Choose a point of the path."""
    on, objective, costs = walked.chosen_on, asking.objective, asking.costs
    if objective.aim in (Aim.MAX_RECALL, Aim.MAX_F1, Aim.MIN_COST) and not on.harmful:
        return Point(None, refusal=_one_sided(RECALL, "harmful"))
    if objective.aim in (Aim.MIN_FPR, Aim.MAX_F1, Aim.MIN_COST) and not on.harmless:
        return Point(None, refusal=_one_sided(FPR, "harmless"))
    if objective.aim is Aim.MAX_F1:
        return Point(int(np.argmax(f1(on.stopped, on.caught, on.harmful))))
    if objective.aim is Aim.MIN_COST:
        return Point(int(np.argmin(costs.false_alarm * on.stopped + costs.miss * on.missed)))
    return _promised(walked, asking)


def _promised(walked: Walked, asking: Asking) -> Point:
    objective = asking.objective
    assert objective.limit is not None
    off, points = walked.verified_on, np.arange(len(walked.points))
    if objective.aim is Aim.MAX_RECALL:
        asked = Asked(OVERALL, FPR, objective.limit, asking.each, asking.choosing)
        order, errors, rows, gain = points, off.stopped, off.harmless, walked.chosen_on.caught
    else:
        asked = Asked(OVERALL, RECALL, objective.limit, asking.each, asking.choosing)
        order, errors, rows, gain = points[::-1], off.missed, off.harmful, -walked.chosen_on.stopped
    number = passing(errors[order], rows, asked)
    if number == 0:
        return Point(None, refusal=refuse(asked, int(errors[order[0]]), rows))
    return Point(int(order[best(gain[order[:number]])]), asked)


def best(gain: NDArray[np.int64]) -> int:
    """Return the most careful of the points, in the order tested, that gain most on the rows chosen on.

    All that passed hold together at the confidence, so any may be taken; what gains nothing may only cost.
    """
    return int(np.argmax(gain))


def _one_sided(figure: str, kind: str) -> Refusal:
    words = f"overall: no row to choose on is labelled {kind}, so nothing tells one threshold from another: label some"
    return Refusal(of=OVERALL, figure=figure, limit=None, rows=0, errors=0, missing=2, words=words)
