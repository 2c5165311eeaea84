"""Scores as places on the grid of thresholds: which threshold of a category would be low enough to stop a row.

A policy's decision, seen from the other side. Of a row and a category it asks for the highest threshold at which that
category alone stops the row; along a path of falling thresholds every row then has a first point at which it is
stopped, and a whole path costs one pass over the rows. That it is the decision of models.decide, point for point, is
tested.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.decide import lowest_steps
from models.outputs import OUTPUTS, UNSAFE
from models.tuning.objective import Counted
from models.tuning.rows import SLUGS, DistinctRows, Mask
from taxonomy.categories import OTHER, Role
from taxonomy.decision import STEPS
from taxonomy.files import native
from taxonomy.policy import Action, Band, Policy, Rule

COLUMNS = [OUTPUTS.index(UNSAFE if slug == OTHER else slug) for slug in SLUGS]
# Thresholds to choose from, in ten-thousandths: hundredths, and thousandths near both ends, where calibrated scores
# crowd.
GRID = np.concatenate([np.arange(10, 200, 10), np.arange(200, 9800, 100), np.arange(9800, STEPS + 1, 10)])
TOP = len(GRID) - 1
NEVER, ALWAYS = -1, len(GRID)

Places = NDArray[np.int16]
HAZARDS = [i for i, slug in enumerate(SLUGS) if slug in native().hazards]
_OTHER = SLUGS.index(OTHER)


class Levels(NamedTuple):
    """Of n rows: `stops` and `names`, both int16 of shape (n, slugs), are places on the grid.

    A category stops a row wherever its threshold stands at `stops` or below, and reaches its threshold at `names` or
    below (only hazards are asked that: one that is named silences `other`). NEVER and ALWAYS are for categories that
    keep their threshold, or cannot stop.
    """

    stops: Places
    names: Places


class Along(NamedTuple):
    """Of n rows along a path: stopped from point `begin` on, and from `early` up to before `late` by `other` alone."""

    begin: NDArray[np.intp]
    early: NDArray[np.intp]
    late: NDArray[np.intp]

    def at(self, point: int) -> Mask:
        """Return (n,): which rows a point stops."""
        return np.asarray((self.begin <= point) | ((self.early <= point) & (point < self.late)))

    def counts(self, points: int, rows: Mask) -> NDArray[np.int64]:
        """Return (points,): how many of `rows`, a mask of shape (n,), each of so many points stops."""
        begin, early, late = self.begin[rows], self.early[rows], self.late[rows]
        late = np.maximum(np.minimum(late, begin), early)
        change = np.zeros(points + 1, np.int64)
        for places, by in ((begin, 1), (early, 1), (late, -1)):
            change += by * np.bincount(places, minlength=points + 1)
        return np.cumsum(change)[:points]


def stopping(policy: Policy, counts: Counted) -> Mask:
    """Return (roles, slugs): where a rule can stop a text."""
    actions = {
        Counted.FLAG: {Action.FLAG, Action.REVIEW, Action.BLOCK},
        Counted.REVIEW: {Action.REVIEW, Action.BLOCK},
        Counted.BLOCK: {Action.BLOCK},
        Counted.ALONE: {Action.FLAG, Action.BLOCK},
    }[counts]
    rules = [[policy.rules[role][slug] for slug in SLUGS] for role in Role]
    return np.array([[not rule.shadow and rule.action in actions for rule in row] for row in rules])


def movable(policy: Policy, counts: Counted) -> Mask:
    """Return (slugs,): which categories can stop a text in some role; the others keep their threshold."""
    return np.asarray(stopping(policy, counts).any(axis=0))


def levels(rows: DistinctRows, policy: Policy, counts: Counted, tuned: Mask) -> Levels:
    """Place the rows' scores under a policy; `tuned`, of shape (slugs,), are the categories whose threshold moves."""
    can = stopping(policy, counts)
    inner = counts in (Counted.BLOCK, Counted.ALONE)  # a score inside the review band does not count
    stops = np.full((len(rows.scores), len(SLUGS)), NEVER, np.int16)
    names = stops.copy()
    for role_place, role in enumerate(Role):
        of = np.flatnonzero(rows.roles == role_place)
        if not len(of):
            continue
        for i, slug in enumerate(SLUGS):
            rule, scores = policy.rules[role][slug], rows.scores[of, COLUMNS[i]]
            if can[role_place, i]:
                stops[of, i] = _places(scores, rule, inner, tuned[i])
            if i in HAZARDS:
                names[of, i] = _places(scores, Rule(rule.threshold, Action.FLAG), True, tuned[i])
    return Levels(stops, names)


def _places(scores: NDArray[np.uint16], rule: Rule, inner: bool, moves: np.bool_) -> Places:
    if moves:
        edges = _edges(rule.action, rule.review_band, inner)
        return (np.searchsorted(edges, scores, side="right") - 1).astype(np.int16)
    edge = lowest_steps([rule.reviewed[inner]])[0]
    return np.where(scores >= edge, ALWAYS, NEVER).astype(np.int16)


@lru_cache(maxsize=1024)
def _edges(action: Action, band: Band, inner: bool) -> NDArray[np.uint16]:
    """Return the lowest score, in ten-thousandths, that counts at each threshold of the grid."""
    return lowest_steps([Rule(at, action, band).reviewed[inner] for at in (GRID / STEPS).tolist()])


def first(points: Places, levels: Places) -> NDArray[np.intp]:
    """Return (n, slugs): the first point at which each row's level is reached, len(points) for none.

    `points` has shape (points, slugs) and never rises from one point to the next.
    """
    found = np.empty(levels.shape, np.intp)
    for i in range(levels.shape[1]):
        rising = np.ascontiguousarray(points[::-1, i])
        table = len(points) - np.searchsorted(rising, np.arange(NEVER, ALWAYS + 1), side="right")
        found[:, i] = table[levels[:, i] + 1]
    return found


def along(points: Places, placed: Levels, rows: DistinctRows, policy: Policy, counts: Counted) -> Along:
    """Follow rows along a path of falling thresholds, of shape (points, slugs)."""
    stop = first(points, placed.stops)
    early = stop[:, _OTHER].copy()
    stop[:, _OTHER] = len(points)
    begin = stop.min(axis=1)
    late = first(points, placed.names)[:, HAZARDS].min(axis=1)
    begin[always(rows, policy, counts)] = 0
    return Along(begin, early, late)


def always(rows: DistinctRows, policy: Policy, counts: Counted) -> Mask:
    """Return (n,): which rows are stopped whatever they score, for their language."""
    least = policy.on_unsupported.least
    floor = Action.BLOCK if counts in (Counted.BLOCK, Counted.ALONE) else Action(counts)
    return np.asarray(~rows.supported & (least.gravity >= floor.gravity))


def stopped(actions: NDArray[np.uint8], flagged: Mask, counts: Counted) -> Mask:
    """Return (n,): which verdicts of models.decide count as stopping."""
    return flagged if counts is Counted.ALONE else np.asarray(actions >= Action(counts).gravity)
