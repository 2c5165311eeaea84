"""A path and what it does to the rows of both sides: the ground on which a point is chosen."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.tuning.levels import COLUMNS, Along, Places, along, always, levels, stopping
from models.tuning.objective import Counted
from models.tuning.path import lay
from models.tuning.rows import DistinctRows, Mask
from models.tuning.tuned import Rates
from taxonomy.policy import Policy

Counts = NDArray[np.int64]


class Side(NamedTuple):
    """Rows of one side; masks of shape (m,) say which are harmless and which are to be caught."""

    rows: DistinctRows
    harmless: Mask
    to_catch: Mask


class Stopped(NamedTuple):
    """How many harmless rows of so many, and how many to be caught of so many, each point of a path stops."""

    stopped: Counts
    harmless: int
    caught: Counts
    harmful: int

    @property
    def missed(self) -> Counts:
        """How many rows to be caught each point lets through."""
        return self.harmful - self.caught


class Walked(NamedTuple):
    """Points of shape (points, slugs), and what they do to the rows to choose on and to those to verify on."""

    points: Places
    chosen_on: Stopped
    verified_on: Stopped

    def rates(self) -> Rates:
        """Return what a report draws."""
        on, off = self.chosen_on, self.verified_on
        return Rates(
            fpr=on.stopped / max(on.harmless, 1),
            recall=on.caught / max(on.harmful, 1),
            verified_fpr=off.stopped / max(off.harmless, 1),
            verified_recall=off.caught / max(off.harmful, 1),
        )


def side(rows: DistinctRows, policy: Policy, counts: Counted) -> Side:
    """Say which rows are which under a policy."""
    return Side(rows, rows.harmless, rows.to_catch(stopping(policy, counts)))


def walk(choosing: Side, verifying: Side, policy: Policy, counts: Counted, tuned: Mask, limit: float | None) -> Walked:
    """Lay a path on one side and follow both along it; `limit` is the share of false positives to spend, if any."""
    rows = choosing.rows
    placed = levels(rows, policy, counts, tuned)
    open_to = ~always(rows, policy, counts)
    points = lay(
        placed,
        choosing.harmless & open_to,
        choosing.to_catch & open_to,
        rows.positive[:, COLUMNS],
        policy,
        tuned,
        limit,
    )
    one = along(points, placed, rows, policy, counts)
    other = along(points, levels(verifying.rows, policy, counts, tuned), verifying.rows, policy, counts)
    return Walked(points, _stopped(one, choosing, len(points)), _stopped(other, verifying, len(points)))


def _stopped(each: Along, of: Side, points: int) -> Stopped:
    return Stopped(
        each.counts(points, of.harmless),
        int(of.harmless.sum()),
        each.counts(points, of.to_catch),
        int(of.to_catch.sum()),
    )
