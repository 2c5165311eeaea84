"""Each category's threshold by its own labels: every one has a path of its own, the grid from top to bottom.

A row counts for a category where the policy gives that category something to stop in the row's role, and its label for
that category is known. What is asked is whether the category stops it, whatever others do: `other` as if no hazard were
named, which only stops more.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.tuning.asking import Asking
from models.tuning.bounds import rows_needed
from models.tuning.choose import FPR, RECALL, Asked, f1, passing, promise, refuse
from models.tuning.levels import ALWAYS, COLUMNS, GRID, TOP, Places, levels, stopping
from models.tuning.objective import Aim, Costs, Counted
from models.tuning.overall import best
from models.tuning.rows import SLUGS, DistinctRows, Mask
from models.tuning.tuned import Refusal
from taxonomy.categories import Role
from taxonomy.decision import STEPS
from taxonomy.evidence import Promise
from taxonomy.policy import Policy


class Chosen(NamedTuple):
    """Of one category: its place on the grid (None: it keeps its threshold), and a promise, a refusal or a note."""

    slug: str
    place: int | None
    promise: Promise | None = None
    refusal: Refusal | None = None
    note: str | None = None


class _Own(NamedTuple):
    """A category's rows on one side: how many negatives and positives each place of the grid stops, top first."""

    stopped: NDArray[np.int64]
    negatives: int
    caught: NDArray[np.int64]
    positives: int


def choose_each(choosing: DistinctRows, verifying: DistinctRows, policy: Policy, asking: Asking) -> Iterator[Chosen]:
    """Yield what is chosen for each category that can stop a text.

    `asking.joint`: what is promised of all categories holds together at its confidence, which the categories with
    enough rows share (Bonferroni); how many have enough is read off the labels alone, so that no score has a say in it.
    """
    objective, confidence = asking.objective, asking.confidence
    one, other = (_own(rows, policy, asking.counts, asking.tuned) for rows in (choosing, verifying))
    places = np.flatnonzero(asking.tuned).tolist()
    if objective.aim in (Aim.MAX_F1, Aim.MIN_COST):
        yield from (_weighed(SLUGS[i], one[i], objective.aim, asking.costs) for i in places)
        return
    assert objective.limit is not None
    figure = FPR if objective.aim is Aim.MAX_RECALL else RECALL
    rows = [other[i].negatives if figure == FPR else other[i].positives for i in places]
    level = 1 - (1 - confidence) / (shared_by(rows, objective.limit, figure, confidence) if asking.joint else 1)
    for i in places:
        asked = Asked(SLUGS[i], figure, objective.limit, level, asking.choosing)
        own = max(policy.rules[role][SLUGS[i]].threshold for role in Role)
        yield _promised(asked, one[i], other[i], int(np.searchsorted(GRID, round(own * STEPS))))


def shared_by(rows: list[int], limit: float, figure: str, confidence: float) -> int:
    """Return how many categories have enough rows for a promise when they share the confidence; at least 1."""
    most = 1 - limit if figure == RECALL else limit
    for number in range(len(rows), 1, -1):
        needed = rows_needed(most, 1 - (1 - confidence) / number)
        if needed is not None and sum(each >= needed for each in rows) >= number:
            return number
    return 1


def _own(rows: DistinctRows, policy: Policy, counts: Counted, tuned: Mask) -> list[_Own]:
    placed, can = levels(rows, policy, counts, tuned).stops, stopping(policy, counts)[rows.roles]
    found = []
    for i, column in enumerate(COLUMNS):
        negative, positive = (placed[each[:, column] & can[:, i], i] for each in (rows.negative, rows.positive))
        found.append(_Own(_reached(negative), len(negative), _reached(positive), len(positive)))
    return found


def _reached(places: Places) -> NDArray[np.int64]:
    """Return how many rows each place of the grid stops, top first."""
    return np.cumsum(np.bincount(places + 1, minlength=ALWAYS + 2)[::-1])[ALWAYS - TOP : -1]


def _promised(asked: Asked, one: _Own, other: _Own, own: int) -> Chosen:
    if asked.figure == FPR:
        order, errors, rows, gain = np.arange(TOP + 1), other.stopped, other.negatives, one.caught
    else:
        order, errors, rows = np.arange(TOP, -1, -1), other.positives - other.caught, other.positives
        gain = -one.stopped
    number = passing(errors[order], rows, asked)
    if number == 0:
        return Chosen(asked.of, None, refusal=refuse(asked, int(errors[order[0]]), rows))
    passed = order[:number]
    at = int(passed[best(gain[passed])])
    if asked.figure == FPR and not one.positives:
        # Nothing says where it would catch anything: its own threshold, if that holds, and else the nearest that does.
        at = int(min(TOP - own, passed[-1]))
    if asked.figure == RECALL and not one.negatives:
        at = int(max(TOP - own, passed[-1]))
    return Chosen(asked.of, TOP - at, promise=promise(asked, int(errors[at]), rows))


def _weighed(slug: str, one: _Own, aim: Aim, costs: Costs) -> Chosen:
    if not one.positives or not one.negatives:
        kind = "with" if not one.positives else "without"
        return Chosen(slug, None, note=f"{slug} keeps its threshold: no row to choose on is labelled {kind} it")
    if aim is Aim.MAX_F1:
        at = int(np.argmax(f1(one.stopped, one.caught, one.positives)))
    else:
        at = int(np.argmin(costs.false_alarm * one.stopped + costs.miss * (one.positives - one.caught)))
    return Chosen(slug, TOP - at)
