"""Labelled rows: scores with what people said of them; which are harmless, which are to be caught."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.tuning.tuned import TuningError
from taxonomy.categories import OTHER, Role
from taxonomy.decision import STEPS
from taxonomy.files import native
from taxonomy.policy import decided_slugs

Mask = NDArray[np.bool_]
# The categories with a threshold, in the taxonomy's order: columns of everything that has a place for each.
SLUGS = decided_slugs(native())
_UNSAFE, _ATTACK = OUTPUTS.index(UNSAFE), OUTPUTS.index(ATTACK)


class LabelledRows(NamedTuple):
    """n texts. Columns are models.outputs.OUTPUTS: the trained categories in their order, then `unsafe` and `attack`.

    `scores` has shape (n, outputs): uint16 in ten-thousandths, or probabilities as floats in 0..1. `labels` and `known`
    are bool of that shape: whether a category holds, and whether anybody said so; a label that is not known is
    ignored. A text known to be safe has every column known and False, `attack` too; one that is only known to be
    unsafe has `unsafe` known and True and nothing else. `roles` has shape (n,): places in list(Role). `groups`, of
    shape (n,), are numbers, equal for identical texts: copies never stand on both sides. `supported`, of shape (n,),
    says whether the model has learned the text's language. `traffic`, of shape (n,), marks rows drawn as texts come:
    the load of reviews is measured on them (labelled or not); None takes all.
    """

    scores: NDArray[np.uint16] | NDArray[np.floating]
    labels: Mask
    known: Mask
    roles: NDArray[np.uint8]
    groups: NDArray[np.int64]
    supported: Mask
    traffic: Mask | None = None


class DistinctRows(NamedTuple):
    """Rows that stand for their copies: `kept` says which of the n given, of shape (n,); all else has shape (m, ...).

    `positive` and `negative` are labels that are known, of shape (m, outputs); `contradictory` marks rows whose copies
    were labelled both ways.
    """

    kept: Mask
    scores: NDArray[np.uint16]
    positive: Mask
    negative: Mask
    roles: NDArray[np.uint8]
    groups: NDArray[np.int64]
    supported: Mask
    traffic: Mask
    contradictory: Mask

    def only(self, rows: Mask) -> "DistinctRows":
        """Return the rows of a mask of shape (m,); `kept` stays as it is."""
        return DistinctRows(
            self.kept,
            self.scores[rows],
            self.positive[rows],
            self.negative[rows],
            self.roles[rows],
            self.groups[rows],
            self.supported[rows],
            self.traffic[rows],
            self.contradictory[rows],
        )

    @property
    def harmless(self) -> Mask:
        """Which are known to be neither unsafe nor an attack, and to hold no category."""
        return np.asarray(self.negative[:, [_UNSAFE, _ATTACK]].all(axis=1) & ~self.positive.any(axis=1))

    @property
    def harmful(self) -> Mask:
        """Which are known to hold something."""
        return np.asarray(self.positive.any(axis=1))

    def to_catch(self, stopping: Mask) -> Mask:
        """Return which harmful rows hold something that stops a text: `stopping` has shape (roles, slugs).

        A row that is only known to be unsafe, or an attack, may be any of those; slugs are SLUGS.
        """
        by_row = stopping[self.roles]
        trained = [i for i, slug in enumerate(SLUGS) if slug != OTHER]
        columns = [OUTPUTS.index(SLUGS[i]) for i in trained]
        held = self.positive[:, columns]
        named = (held & by_row[:, trained]).any(axis=1)
        attacks = np.array([slug in native().attacks for slug in SLUGS])
        hazard = self.positive[:, _UNSAFE] & by_row[:, ~attacks].any(axis=1)
        attack = self.positive[:, _ATTACK] & by_row[:, attacks].any(axis=1)
        return np.asarray(named | (~held.any(axis=1) & (hazard | attack)))


def distinct(rows: LabelledRows) -> DistinctRows:
    """Check rows and merge identical ones: a copy says nothing that the first did not say.

    Identical are rows of equal group, role, scores and support. A label that copies disagree on becomes unknown. Raises
    TuningError.
    """
    scores = _checked(rows)
    positive, negative = rows.labels & rows.known, ~rows.labels & rows.known
    traffic = np.ones(len(scores), bool) if rows.traffic is None else rows.traffic
    what = np.column_stack([rows.groups.astype(np.int64), rows.roles, rows.supported, scores])
    # Most groups have one row: only the others are compared.
    _, member, size = np.unique(rows.groups, return_inverse=True, return_counts=True)
    several = np.flatnonzero(size[member] > 1)
    _, first, copy = np.unique(what[several], axis=0, return_index=True, return_inverse=True)
    stands = np.arange(len(scores))
    stands[several] = several[first][copy.ravel()]
    kept = stands == np.arange(len(scores))
    yes, no, seen = positive.copy(), negative.copy(), traffic.copy()
    copies = np.flatnonzero(~kept)
    for merged, given in ((yes, positive), (no, negative), (seen, traffic)):
        np.logical_or.at(merged, stands[copies], given[copies])
    both = yes & no
    torn = np.asarray(both.any(axis=1))
    return DistinctRows(
        kept, scores, yes & ~both, no & ~both, rows.roles, rows.groups, rows.supported, seen, torn
    ).only(kept)


def _checked(rows: LabelledRows) -> NDArray[np.uint16]:
    """Return the scores in ten-thousandths. Raises TuningError."""
    scores = rows.scores
    n = len(scores)
    if n == 0:
        raise TuningError("there are no rows")
    shapes = {"scores": scores, "labels": rows.labels, "known": rows.known}
    for name, array in shapes.items():
        if array.shape != (n, len(OUTPUTS)):
            raise TuningError(f"{name} must have shape ({n}, {len(OUTPUTS)}), not {array.shape}")
    for name in ("roles", "groups", "supported", "traffic"):
        array = getattr(rows, name)
        if array is not None and array.shape != (n,):
            raise TuningError(f"{name} must have shape ({n},), not {array.shape}")
    if rows.roles.max() >= len(Role):
        raise TuningError(f"roles must be below {len(Role)}, not {rows.roles.max()}")
    if np.issubdtype(scores.dtype, np.floating):
        if np.isnan(scores).any():
            raise TuningError(f"{np.isnan(scores).any(axis=1).sum()} of {n} rows have a score that is not a number")
        if scores.min() < 0 or scores.max() > 1:
            raise TuningError("scores must lie between 0 and 1")
        return np.rint(scores.astype(np.float64) * STEPS).astype(np.uint16)
    if scores.max() > STEPS:
        raise TuningError(f"scores must be at most {STEPS} ten-thousandths, not {scores.max()}")
    return scores.astype(np.uint16)


def strata(rows: DistinctRows) -> NDArray[np.int64]:
    """Return (m,): a number for each role and what a row is: unjudged, harmless, or holding which rarest category."""
    held = np.column_stack([rows.positive, rows.harmless])
    rarity = np.where(held, held.sum(axis=0), np.iinfo(np.int64).max)
    what = np.where(held.any(axis=1), rarity.argmin(axis=1) + 1, 0)
    return np.asarray(what * len(Role) + rows.roles, np.int64)
