"""The figures of one bundle, as they are written to JSON and shown on a terminal."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from models.calibrate import as_scores
from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.training.corpus.build import stack
from models.training.evaluate.quality import (
    average_precision,
    calibration_error,
    decided,
    harmful_rows,
    harmless_rows,
    per_category,
    roc_auc,
)
from models.training.evaluate.rows import RowSet, Standing
from taxonomy.policy import Action, Policy
from taxonomy.verdict import decide

NOTES = {
    Standing.HELD_OUT: "held out whole: no row of the source was trained on",
    Standing.TEST: "written for this project by other writers than the training texts; no row was trained on",
    Standing.DEV: "other rows of the same sources were trained on, and calibration was fitted on these",
    Standing.RESTRICTED: "restricted: measured, never trained or chosen on",
}
_UNSAFE, _ATTACK = OUTPUTS.index(UNSAFE), OUTPUTS.index(ATTACK)

Array = NDArray[np.float32]


class Outcome(msgspec.Struct, frozen=True):
    """What the policy did to `rows` rows, as shares in 0..1: `stopped` is flagged, reviewed or blocked."""

    rows: int
    flagged: float
    reviewed: float
    blocked: float
    stopped: float


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the report; None where a figure needs both polarities and only one is there.

    `harmless` shows over-flagging, `harmful` (attacks included) shows recall. `categories` has the average
    precision of every output with at least 20 rows of each polarity.
    """

    name: str
    standing: Standing
    note: str
    rows: int
    harmless: Outcome | None
    harmful: Outcome | None
    unsafe_average_precision: float | None
    unsafe_roc_auc: float | None
    unsafe_calibration_error: float | None
    attack_average_precision: float | None
    categories: dict[str, float]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All lines, under the policy that decided; `digest` names the bundle."""

    bundle: str
    digest: str
    policy: str
    figures: list[Figures]


def figures_of(rows: RowSet, probabilities: Array, policy: Policy) -> Figures:
    """Measure one set; probabilities are (len(rows.examples), outputs)."""
    values, weights = stack(rows.examples)
    unsafe, attack = (_both_polarities(probabilities, values, weights, i) for i in (_UNSAFE, _ATTACK))
    judged = weights[:, _UNSAFE] > 0
    return Figures(
        name=rows.name,
        standing=rows.standing,
        note=NOTES[rows.standing],
        rows=len(rows.examples),
        harmless=_outcome(rows, probabilities, harmless_rows(values, weights), policy),
        harmful=_outcome(rows, probabilities, harmful_rows(values, weights), policy),
        unsafe_average_precision=_short(average_precision(*unsafe)),
        unsafe_roc_auc=_short(roc_auc(*unsafe)),
        unsafe_calibration_error=_short(calibration_error(probabilities[judged, _UNSAFE], values[judged, _UNSAFE])),
        attack_average_precision=_short(average_precision(*attack)),
        categories=per_category(probabilities, values, weights),
    )


def show(report: Report, console: Console) -> None:
    """Print a table with a line for each set of rows and one with the average precision of the categories."""
    table = Table(title=f"{report.bundle} under the policy '{report.policy}'", title_justify="left")
    for title in ("rows", "n", "harmless", "flagged", "reviewed", "blocked", "harmful", "recall", "stopped",
                  "AP unsafe", "AUC", "ECE", "AP attack"):  # fmt: skip
        table.add_column(title, justify="left" if title == "rows" else "right")
    before = None
    for each in report.figures:
        if before not in (None, each.standing):
            table.add_section()
        before = each.standing
        table.add_row(f"{each.name} ({each.standing})", *cells(each))
    console.print(table)
    for standing in dict.fromkeys(each.standing for each in report.figures):
        console.print(f"{standing}: {NOTES[standing]}", highlight=False)


def cells(each: Figures) -> list[str]:
    """Return the columns of a line after its name, as text."""
    none = Outcome(0, 0.0, 0.0, 0.0, 0.0)
    harmless, harmful = each.harmless or none, each.harmful or none
    shares = [
        f"{share:.1%}" if harmless.rows else "" for share in (harmless.flagged, harmless.reviewed, harmless.blocked)
    ]
    found = [f"{share:.1%}" if harmful.rows else "" for share in (harmful.flagged, harmful.stopped)]
    ranks = (
        each.unsafe_average_precision, each.unsafe_roc_auc, each.unsafe_calibration_error, each.attack_average_precision
    )  # fmt: skip
    return [
        str(each.rows), str(harmless.rows), *shares, str(harmful.rows), *found,
        *("" if rank is None else f"{rank:.3f}" for rank in ranks),
    ]  # fmt: skip


def _outcome(rows: RowSet, probabilities: Array, mask: NDArray[np.bool_], policy: Policy) -> Outcome | None:
    verdicts = [decide(as_scores(probabilities[i]), policy, rows.examples[i].item.role) for i in np.flatnonzero(mask)]
    if not verdicts:
        return None
    by_action = [verdict.action for verdict in verdicts]
    return Outcome(
        len(verdicts),
        _share([verdict.flagged for verdict in verdicts]),
        _share([action is Action.REVIEW for action in by_action]),
        _share([action is Action.BLOCK for action in by_action]),
        _share([action is not Action.ALLOW for action in by_action]),
    )


def _both_polarities(scores: Array, values: Array, weights: Array, i: int) -> tuple[Array, NDArray[np.bool_]]:
    positive, negative = decided(values[:, i], weights[:, i])
    return scores[positive | negative, i], positive[positive | negative]


def _share(found: Sequence[bool]) -> float:
    return round(sum(found) / len(found), 4)


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
