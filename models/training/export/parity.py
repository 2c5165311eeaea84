"""The parity gate: a quantised model ships only if every output ranks and decides as it did before.

Both models score the same rows through the serving path; the calibration is the one that ships.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.calibrate import Calibration
from models.outputs import OUTPUTS
from models.training.corpus.labels import Targets
from models.training.evaluate.quality import spearman
from models.training.export.category import CategoryParity, Side, by_category, exceeded
from models.training.export.errors import ExportError
from models.tuning.bounds import lower
from taxonomy.categories import Role
from taxonomy.policy import Policy


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How far int8 may stray from fp32, and fp32 from PyTorch (`export`, a logit).

    Each is set where chance does not refuse an equal model. The shipped bundle's fp32 graph was not kept, so two were
    made of its int8 weights as floats again, each moved at random within its rounding step; int8 was compared with both
    over the dev split (7,465 rows), and over as many of its rows drawn with repeats, 24 times for average precision and
    60 to 100 times else. The worst of all, and one that is broken:

    | | dev split | drawn again | broken |
    |---|---|---|---|
    | `difference` | 0.34 | | logits of 37 rows mixed up: 0.98 |
    | `rare_difference`, of documents | 0.144 | 0.151 | logits of documents 0.7 too high: 0.24 |
    | `mean_difference` | 0.0022 | 0.0023 | logits at 0.6 of what they were: 0.020 |
    | `flips` | 0.033 | 0.037 | logits of hate 1 too high: 0.075 |
    | `near_difference` | 0.12 | 0.19 | logits of jailbreak 1 too high: 0.24 |
    | `changed_actions` | 0.28 (threat, 50 rows) | lower end 0.36, once of 200 beyond 0.35 | hate as above: 0.57 |
    | `precision_loss` | 0.005 | 0.019 | |

    `python -m models.training.export.spread` prints the first two columns of any two bundles; these were measured
    before there was that command.

    Activations are quantised by the batch, so one probability of thousands strays far, and the largest difference says
    which rows there are: of 400 it was beyond 0.25 in 18 and 33 % of draws. Its limit is for scores that are another
    text's. The nano bundle strayed a tenth as far.
    """

    spearman: float = 0.97
    difference: float = 0.6
    rare_difference: float = 0.2
    mean_difference: float = 0.01
    flips: float = 0.06
    near_difference: float = 0.2
    changed_actions: float = 0.35
    precision_loss: float = 0.03
    export: float = 1e-3


# What each limit but `export` is of; that of LEAST is the lowest that may be, all others the highest.
FIGURES = {
    "spearman": "rank correlation",
    "near_difference": "difference near the threshold that one in ten exceeds",
    "changed_actions": "share of changed actions",
    "precision_loss": "loss of average precision",
    "difference": "largest difference of a probability",
    "rare_difference": "difference that one in a thousand of a role exceeds",
    "mean_difference": "mean difference of a probability",
    "flips": "share of changed verdicts",
}
LEAST = "spearman"
# Of fewer rows that are near or hold, chance moves the difference, or average precision, by what the limit leaves.
FEWEST_NEAR, FEWEST_HOLDING = 20, 150
_ONE_IN_A_THOUSAND = 0.001
# A share is beyond its limit where the lower end of its interval is, so that few rows do not refuse by chance.
_CONFIDENCE = 0.95


class Parity(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured over `rows` texts of all roles.

    `spearman` is the rank correlation of an output's logits, -1..1. Differences are of calibrated probabilities, one
    for each text and output: the greatest, that which one in a thousand exceeds in the role where it is greatest
    (`rare_difference`), and the mean. `flips` is the share of rows whose action changes under the policy. `export` is
    the largest difference of a logit between PyTorch and the fused fp32 graph. `categories` says more of each output.
    Bundles made before these were measured have neither `categories` nor `rare_difference`.
    """

    rows: int
    spearman: dict[str, float]
    difference: float
    rare_difference: float | None = None
    mean_difference: float
    flips: float
    export: float
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
) -> Parity:
    """Compare pooled logits, each of shape (len(roles), outputs), over the outputs that are `scored`.

    `targets` are what the rows were labelled with, values and weights of the same shape; without them no average
    precision is measured.
    """
    places = [OUTPUTS.index(name) for name in scored]
    before, after = (
        Side.of(calibration.probabilities(logits, roles), roles, policy) for logits in (reference, shipped)
    )
    apart = np.abs(before.probabilities - after.probabilities)[:, places]
    of_role = [[i for i, role in enumerate(roles) if role is each] for each in sorted(set(roles))]
    return Parity(
        rows=len(roles),
        spearman={
            name: round(spearman(reference[:, i], shipped[:, i]), 4) for i, name in zip(places, scored, strict=True)
        },
        difference=round(float(apart.max()), 4),
        rare_difference=float(np.max([exceeded(apart[rows], _ONE_IN_A_THOUSAND) for rows in of_role])),
        mean_difference=round(float(apart.mean()), 5),
        flips=round(float((before.actions != after.actions).mean()), 4),
        export=export,
        categories=by_category(before, after, roles, policy, targets, scored),
    )


class Held(NamedTuple):
    """One figure of an output, or of all together (`output` is ""), as it is held against the limit of that name.

    `least` is what a share is at least, so that few rows do not refuse by chance; of all else it is the value.
    """

    limit: str
    output: str
    value: float
    least: float


def held(parity: Parity) -> Iterator[Held]:
    """Yield what is held against the limits.

    What could not be measured, or of an output only on fewer rows than FEWEST_NEAR or FEWEST_HOLDING, is let pass.
    """
    for name, value in parity.spearman.items():
        yield Held("spearman", name, value, value)
    for name, found in parity.categories.items():
        if found.near_difference is not None and found.near >= FEWEST_NEAR:
            yield Held("near_difference", name, found.near_difference, found.near_difference)
        if found.flips is not None:
            yield Held("changed_actions", name, found.flips, _at_least(found.flips, found.acting))
        if found.precision_loss is not None and found.holding >= FEWEST_HOLDING:
            yield Held("precision_loss", name, found.precision_loss, found.precision_loss)
    for limit in ("difference", "rare_difference", "mean_difference", "export"):
        if (value := getattr(parity, limit)) is not None:
            yield Held(limit, "", value, value)
    yield Held("flips", "", parity.flips, _at_least(parity.flips, parity.rows))


def check(
    parity: Parity,
    limits: Limits,
    shipped: str = "int8",
    reference: str = "fp32",
    exact: str = "fp32 against PyTorch",
) -> None:
    """Raise ParityError naming every figure that is beyond its limit, and of which outputs.

    `shipped` and `reference` are the precisions of the two graphs, `exact` says what `export` compares.
    """
    beyond: dict[str, list[str]] = {}
    for each in held(parity):
        limit = getattr(limits, each.limit)
        # Written so that NaN, which compares as false with everything, is refused.
        if not (each.least >= limit if each.limit == LEAST else each.least <= limit):
            of = f"of {each.output} is" if each.output else "is"
            beyond.setdefault(each.limit, []).append(f"{of} {each.value:.4g}")
    what = {**FIGURES, "export": f"{exact}, largest difference of a logit"}
    said = [f"{what[x]} {', '.join(beyond[x])}, the limit is {getattr(limits, x):.4g}" for x in what if x in beyond]
    if said:
        raise ParityError(f"{shipped} strays from {reference} over {parity.rows} rows: " + "; ".join(said))


def _at_least(share: float | None, rows: int) -> float:
    """Return what a share of rows is at least, by its lower bound."""
    return float(lower(round((share or 0.0) * rows), rows, _CONFIDENCE))
