"""The figures of one set of rows: how well it is ranked, and what the policy makes of it."""

from collections.abc import Sequence

import msgspec
import numpy as np
from sklearn.metrics import precision_recall_fscore_support

from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.training.corpus.build import stack
from models.training.corpus.mix import Example
from models.training.evaluate.judged import Array, Judged, Mask
from models.training.evaluate.quality import (
    FEWEST_POSITIVES,
    average_precision,
    calibration_error,
    decided,
    harmful_rows,
    harmless_rows,
    recall_at,
    roc_auc,
)
from models.training.evaluate.rows import RowSet, Standing
from taxonomy.categories import Role
from taxonomy.files import native
from taxonomy.policy import Action

NOTES = {
    Standing.HELD_OUT: "held out whole: no row of the source was trained on",
    Standing.TEST: "written for this project by other writers than the training texts; no row was trained on",
    Standing.DEV: "other rows of the same sources were trained on, and calibration was fitted on these",
    Standing.RESTRICTED: "restricted: measured, never trained or chosen on",
}


class Outcome(msgspec.Struct, frozen=True):
    """What the policy did to `rows` rows, as shares in 0..1: `stopped` is flagged, reviewed or blocked."""

    rows: int
    flagged: float
    reviewed: float
    blocked: float
    stopped: float


class Decisions(msgspec.Struct, frozen=True):
    """Decisions against labels, each in 0..1; None where a figure divides by nothing."""

    precision: float | None
    recall: float | None
    f1: float | None
    false_positives: float | None


class Ranks(msgspec.Struct, frozen=True, kw_only=True):
    """How one output ranks rows, whatever the thresholds; 0..1, None where both polarities are needed.

    `recall_at_1` and `recall_at_5` are the greatest recall with 1 % and 5 % of false positives.
    """

    positives: int
    negatives: int
    average_precision: float | None
    roc_auc: float | None
    recall_at_1: float | None
    recall_at_5: float | None
    calibration_error: float | None


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """One category: its output's ranks, and whether its own rule flags (`decisions`)."""

    ranks: Ranks
    decisions: Decisions


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of one role, or all of a set. `harmless` shows over-flagging, `harmful` (attacks included) recall.

    `flagged` and `stopped` hold the decisions over harmless and harmful rows together.
    """

    rows: int
    harmless: Outcome | None
    harmful: Outcome | None
    flagged: Decisions
    stopped: Decisions
    unsafe: Ranks
    attack: Ranks


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the report. `categories` has every one with at least 20 rows of each polarity."""

    name: str
    standing: Standing
    note: str
    whole: Slice
    roles: dict[Role, Slice]
    categories: dict[str, Category]


def figures_of(rows: RowSet, found: Judged) -> Figures:
    """Measure one set; `found` has a row for each example."""
    roles = np.array([each.item.role for each in rows.examples])
    return Figures(
        name=rows.name,
        standing=rows.standing,
        note=NOTES[rows.standing],
        whole=_slice(rows.examples, found),
        roles={
            role: _slice([each for each in rows.examples if each.item.role is role], found.only(roles == role))
            for role in Role
            if role in roles
        },
        categories=_categories(rows.examples, found),
    )


def ranks(scores: Array, values: Array, weights: Array, calibrated: bool = True) -> Ranks:
    """Return how one output ranks the rows that somebody judged; all (rows,), values are shares in 0..1.

    Scores that are not `calibrated` may be any numbers, and have no calibration error.
    """
    positive, negative = decided(values, weights)
    rows, judged = positive | negative, weights > 0
    asked, truth = scores[rows], positive[rows]
    return Ranks(
        positives=int(positive.sum()),
        negatives=int(negative.sum()),
        average_precision=_short(average_precision(asked, truth)),
        roc_auc=_short(roc_auc(asked, truth)),
        recall_at_1=_short(recall_at(asked, truth, 0.01)),
        recall_at_5=_short(recall_at(asked, truth, 0.05)),
        calibration_error=_short(calibration_error(scores[judged], values[judged])) if calibrated else None,
    )


def decisions(said: Mask, truth: Mask) -> Decisions:
    """Return precision, recall, F1 and the false-positive rate of yes/no answers, both (rows,)."""
    precision, recall, f1, _ = precision_recall_fscore_support(truth, said, average="binary", zero_division=0.0)
    return Decisions(
        _short(float(precision)) if said.any() else None,
        _short(float(recall)) if truth.any() else None,
        _short(float(f1)) if truth.any() else None,
        _short(float(said[~truth].mean())) if not truth.all() else None,
    )


def outcome(found: Judged) -> Outcome | None:
    """Return what became of the rows; None without any."""
    actions = [verdict.action for verdict in found.verdicts]
    if not actions:
        return None
    shares = (
        found.flagged,
        [action is Action.REVIEW for action in actions],
        [action is Action.BLOCK for action in actions],
        found.stopped,
    )
    return Outcome(len(actions), *(round(float(np.mean(each)), 4) for each in shares))


def _slice(examples: Sequence[Example], found: Judged) -> Slice:
    values, weights = stack(list(examples))
    harmless, harmful = harmless_rows(values, weights), harmful_rows(values, weights)
    told = harmless | harmful
    unsafe, attack = (
        ranks(found.probabilities[:, i], values[:, i], weights[:, i])
        for i in (OUTPUTS.index(UNSAFE), OUTPUTS.index(ATTACK))
    )
    return Slice(
        rows=len(examples),
        harmless=outcome(found.only(harmless)),
        harmful=outcome(found.only(harmful)),
        flagged=decisions(found.flagged[told], harmful[told]),
        stopped=decisions(found.stopped[told], harmful[told]),
        unsafe=unsafe,
        attack=attack,
    )


def _categories(examples: Sequence[Example], found: Judged) -> dict[str, Category]:
    values, weights = stack(list(examples))
    flagged = [{each.slug: each.flagged for each in verdict.categories} for verdict in found.verdicts]
    out: dict[str, Category] = {}
    for name in native().trained:
        i = OUTPUTS.index(name)
        positive, negative = decided(values[:, i], weights[:, i])
        if min(positive.sum(), negative.sum()) >= FEWEST_POSITIVES:
            rows = positive | negative
            said = np.array([each[name] for each in flagged], dtype=bool)
            out[name] = Category(
                ranks=ranks(found.probabilities[:, i], values[:, i], weights[:, i]),
                decisions=decisions(said[rows], positive[rows]),
            )
    return out


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
