"""The parity gate: a quantised model ships only if every output ranks and decides as it did before.

Both models score the same rows through the serving path; the calibration is the one that ships.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import ge, le

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.calibrate import Calibration
from models.outputs import OUTPUTS
from models.training.corpus.labels import Targets
from models.training.evaluate.quality import spearman
from models.training.export.category import CategoryParity, Side, by_category
from models.training.export.errors import ExportError
from taxonomy.categories import Role
from taxonomy.policy import Policy


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How far int8 may stray from fp32, and fp32 from PyTorch (`export`, a logit).

    Activations are quantised by the batch, so one probability of thousands strays far while the mean stays
    within half a hundredth; every variant of int8 tried on this encoder lay between 0.12 and 0.23 over 400 rows. A
    verdict changes where a score lies at a threshold or at the edge of a review band: 3 to 5 % of rows that are mostly
    hard.

    `near_difference`, `changed_actions` and `precision_loss` are of one output, over the whole dev split (7,465 rows).
    The shipped bundle's fp32 graph was not kept, so they were chosen beside its int8 weights as floats again, each
    moved at random within its rounding step, twice; that strays over the 400 rows as far as the true one did (0.163 and
    0.168, recorded 0.166). The worst outputs differed by 0.34 near their threshold (hate), changed 28 % of what is done
    about them (threat, 50 rows), and lost 0.005 of average precision where at least 150 rows hold it
    (criminal_planning); where fewer do, up to 0.018 (illegal_activity, 135 rows, a standard error of 0.006), so that
    chance would refuse. The nano bundle strayed a tenth as far.
    """

    spearman: float = 0.97
    difference: float = 0.25
    mean_difference: float = 0.01
    flips: float = 0.06
    near_difference: float = 0.4
    changed_actions: float = 0.35
    precision_loss: float = 0.01
    export: float = 1e-3


# Of fewer rows that are acted on or hold, chance moves the share, or average precision, by what the limit leaves.
FEWEST_ACTING, FEWEST_HOLDING = 40, 150


class Parity(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured over `rows` texts of all roles.

    `spearman` is the rank correlation of an output's logits, -1..1. Differences are of calibrated probabilities.
    `flips` is the share of rows whose action changes under the policy. `export` is the largest difference of a logit
    between PyTorch and the fused fp32 graph. `categories` says more of each output; it, and `spearman` with it, may be
    of more rows, `category_rows`. Bundles made before that was measured have neither.
    """

    rows: int
    spearman: dict[str, float]
    difference: float
    mean_difference: float
    flips: float
    export: float
    category_rows: int = 0
    categories: dict[str, CategoryParity] = {}


class ParityError(ExportError):
    """A graph is not close enough to the one it was made of; no bundle was written."""


def compare(
    reference: NDArray[np.float32],
    shipped: NDArray[np.float32],
    calibration: Calibration,
    roles: Sequence[Role],
    policy: Policy,
    export: float,
    scored: Sequence[str] = OUTPUTS,
    targets: Targets | None = None,
    first: int | None = None,
) -> Parity:
    """Compare pooled logits, each of shape (len(roles), outputs), over the outputs that are `scored`.

    `targets` are what the rows were labelled with, values and weights of the same shape; without them no average
    precision is measured. The figures of all outputs together are of the `first` rows, of all unless given: among more
    rows the largest difference is larger, and its limit is for a few hundred.
    """
    places = [OUTPUTS.index(name) for name in scored]
    before, after = (
        Side.of(calibration.probabilities(logits, roles), roles, policy) for logits in (reference, shipped)
    )
    apart = np.abs(before.probabilities - after.probabilities)[:first, places]
    pairs = zip(before.actions()[:first], after.actions()[:first], strict=True)
    return Parity(
        rows=len(apart),
        spearman={
            name: round(spearman(reference[:, i], shipped[:, i]), 4) for i, name in zip(places, scored, strict=True)
        },
        difference=round(float(apart.max()), 4),
        mean_difference=round(float(apart.mean()), 5),
        flips=round(sum(one != other for one, other in pairs) / len(apart), 4),
        export=export,
        category_rows=len(roles),
        categories=by_category(before, after, roles, policy, targets, scored),
    )


def check(
    parity: Parity,
    limits: Limits,
    shipped: str = "int8",
    reference: str = "fp32",
    exact: str = "fp32 against PyTorch",
) -> None:
    """Raise ParityError naming every figure that is beyond its limit, and of which outputs.

    `shipped` and `reference` are the precisions of the two graphs, `exact` says what `export` compares.
    What could not be measured of an output, or only on fewer rows than FEWEST_ACTING or FEWEST_HOLDING, is let pass.
    """
    each = parity.categories.items()
    near = {name: found.difference for name, found in each}
    changed = {name: found.flips for name, found in each if found.acting >= FEWEST_ACTING}
    lost = {name: found.precision_loss for name, found in each if found.holding >= FEWEST_HOLDING}
    outputs: list[tuple[str, Mapping[str, float | None], Callable[[float, float], bool], float]] = [
        ("rank correlation", parity.spearman, ge, limits.spearman),
        ("largest difference near the threshold", near, le, limits.near_difference),
        ("share of changed actions", changed, le, limits.changed_actions),
        ("loss of average precision", lost, le, limits.precision_loss),
    ]
    together = [
        ("largest difference of a probability", parity.difference, limits.difference),
        ("mean difference of a probability", parity.mean_difference, limits.mean_difference),
        ("share of changed verdicts", parity.flips, limits.flips),
        (f"{exact}, largest difference of a logit", parity.export, limits.export),
    ]
    # Written so that NaN, which compares as false with everything, is refused.
    beyond = [
        f"{what} {', '.join(strays)}, the limit is {limit:.4g}"
        for what, found, within, limit in outputs
        if (strays := [f"of {name} is {v:.4g}" for name, v in found.items() if v is not None and not within(v, limit)])
    ]
    beyond += [f"{what} is {v:.4g}, the limit is {limit:.4g}" for what, v, limit in together if not v <= limit]
    if beyond:
        raise ParityError(f"{shipped} strays from {reference} over {parity.category_rows} rows: " + "; ".join(beyond))


def actions(probabilities: NDArray[np.float32], roles: Sequence[Role], policy: Policy) -> list[str]:
    """Return the action of each row, shape (len(roles),); a row that is no probability gets 'none'."""
    return Side.of(probabilities, roles, policy).actions()
