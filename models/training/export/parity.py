"""The parity gate: an int8 model ships only if it ranks and decides as fp32 does.

Both models score the same rows through the serving path; the calibration is the one that ships.
"""

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.calibrate import Calibration, as_scores
from models.outputs import OUTPUTS
from models.training.evaluate.quality import spearman
from models.training.export.graph import ExportError
from taxonomy.categories import Role
from taxonomy.policy import Policy
from taxonomy.verdict import decide


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How far int8 may stray from fp32, and fp32 from PyTorch (`export`, a logit).

    Activations are quantised by the batch, so one probability of thousands strays far while the mean stays
    within half a hundredth; every variant of int8 tried on this encoder lay between 0.12 and 0.23. A verdict
    changes where a score lies at a threshold or at the edge of a review band: 3 to 5 % of rows that are mostly hard.
    """

    spearman: float = 0.97
    difference: float = 0.25
    mean_difference: float = 0.01
    flips: float = 0.06
    export: float = 1e-3


class Parity(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured over `rows` texts of all roles.

    `spearman` is the rank correlation of an output's logits, -1..1. Differences are of calibrated
    probabilities. `flips` is the share of rows whose action changes under the policy. `export` is the largest
    difference of a logit between PyTorch and the fused fp32 graph.
    """

    rows: int
    spearman: dict[str, float]
    difference: float
    mean_difference: float
    flips: float
    export: float


class ParityError(ExportError):
    """The int8 model is not close enough to the fp32 one; no bundle was written."""


def compare(
    reference: NDArray[np.float32],
    shipped: NDArray[np.float32],
    calibration: Calibration,
    roles: Sequence[Role],
    policy: Policy,
    export: float,
    scored: Sequence[str] = OUTPUTS,
) -> Parity:
    """Compare pooled logits, each of shape (len(roles), outputs), over the outputs that are `scored`."""
    places = [OUTPUTS.index(name) for name in scored]
    before, after = (calibration.probabilities(logits, roles) for logits in (reference, shipped))
    apart = np.abs(before - after)[:, places]
    pairs = zip(actions(before, roles, policy), actions(after, roles, policy), strict=True)
    return Parity(
        rows=len(roles),
        spearman={
            name: round(spearman(reference[:, i], shipped[:, i]), 4) for i, name in zip(places, scored, strict=True)
        },
        difference=round(float(apart.max()), 4),
        mean_difference=round(float(apart.mean()), 5),
        flips=round(sum(one != other for one, other in pairs) / len(roles), 4),
        export=export,
    )


def check(parity: Parity, limits: Limits) -> None:
    """Raise ParityError naming every figure that is beyond its limit."""
    worst = min(parity.spearman, key=lambda name: _or_least(parity.spearman[name]))
    found = [
        (f"rank correlation of {worst}", parity.spearman[worst], ">=", limits.spearman),
        ("largest difference of a probability", parity.difference, "<=", limits.difference),
        ("mean difference of a probability", parity.mean_difference, "<=", limits.mean_difference),
        ("share of changed verdicts", parity.flips, "<=", limits.flips),
        ("fp32 against PyTorch, largest difference of a logit", parity.export, "<=", limits.export),
    ]
    # Written so that NaN, which compares as false with everything, is refused.
    beyond = [
        f"{what} is {value:.4g}, the limit is {limit:.4g}"
        for what, value, relation, limit in found
        if not (value >= limit if relation == ">=" else value <= limit)
    ]
    if beyond:
        raise ParityError(f"int8 strays from fp32 over {parity.rows} rows: " + "; ".join(beyond))


def actions(probabilities: NDArray[np.float32], roles: Sequence[Role], policy: Policy) -> list[str]:
    """Return the action of each row, shape (len(roles),); a row that is no probability gets 'none'."""
    return [
        str(decide(as_scores(row), policy, role).action) if np.isfinite(row).all() else "none"
        for row, role in zip(probabilities, roles, strict=True)
    ]


def _or_least(value: float) -> float:
    return -2.0 if math.isnan(value) else value  # NaN sorts first
