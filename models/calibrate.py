"""From logits to calibrated probabilities.

Platt scaling (Platt 1999, "Probabilistic outputs for support vector machines"): p = sigmoid(slope * logit +
intercept), a pair for each output and role, fitted on rows the model was not trained on.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.errors import BundleError
from taxonomy.categories import Role
from taxonomy.decision import STEPS
from taxonomy.verdict import Scores

DECIMALS = 4
_PLACES = {role: place for place, role in enumerate(Role)}


class Scale(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One pair; (1, 0) is the plain sigmoid.

    The slope is positive: windows are pooled by their greatest logit, which has to be the most probable one.
    """

    slope: Annotated[float, msgspec.Meta(gt=0)] = 1.0
    intercept: float = 0.0


class Platt(Scale, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The numbers of one output: a pair for texts of any role, and others for the `roles` that have one of their own.

    `tail` is what the greatest logit of a harmless text grows by with its windows (chances in models.pool).
    """

    tail: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    roles: dict[Role, Scale] = {}

    def of(self, role: Role) -> Scale:
        """Return the pair of a role."""
        return self.roles.get(role, self)


class CalibrationFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """calibration.json."""

    method: Literal["platt"]
    outputs: dict[str, Platt]


class Calibration:
    """Holds slopes and intercepts as arrays of shape (roles, outputs), tails as one of shape (outputs,)."""

    def __init__(self, file: CalibrationFile, outputs: tuple[str, ...]) -> None:
        """Raises BundleError when an output has no entry or an entry no output."""
        if set(file.outputs) != set(outputs):
            odd = sorted(set(file.outputs) ^ set(outputs))
            raise BundleError(f"calibration.json does not match the outputs: {', '.join(odd)}")
        scales = [[file.outputs[name].of(role) for name in outputs] for role in Role]
        self._slopes = np.array([[each.slope for each in row] for row in scales], dtype=np.float32)
        self._intercepts = np.array([[each.intercept for each in row] for row in scales], dtype=np.float32)
        self.tails = np.array([file.outputs[name].tail for name in outputs], dtype=np.float32)

    @classmethod
    def load(cls, path: Path, outputs: tuple[str, ...]) -> "Calibration":
        """Read calibration.json. Raises BundleError."""
        try:
            return cls(msgspec.json.decode(path.read_bytes(), type=CalibrationFile), outputs)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BundleError(f"calibration.json cannot be read: {error}") from error

    def probabilities(self, logits: NDArray[np.float32], roles: Sequence[Role]) -> NDArray[np.float32]:
        """Return probabilities in 0..1, like `logits` of shape (len(roles), outputs). A logit of -inf gives 0."""
        return self._sigmoid(logits, [_PLACES[role] for role in roles])

    def of_one(self, logits: NDArray[np.float32], role: Role) -> NDArray[np.float32]:
        """Return the probabilities of one text, like `logits` of shape (outputs,)."""
        return self._sigmoid(logits, _PLACES[role])

    def _sigmoid(self, logits: NDArray[np.float32], places: int | list[int]) -> NDArray[np.float32]:
        # Where a product or exp overflows to infinity, 1 / (1 + exp(...)) is the 0 or 1 that is meant.
        with np.errstate(over="ignore"):
            scaled = self._slopes[places] * logits + self._intercepts[places]
            return np.asarray(1.0 / (1.0 + np.exp(-scaled)), dtype=np.float32)


def as_scores(probabilities: NDArray[np.float32]) -> Scores:
    """Return one row, shape (outputs,), as Scores: categories in taxonomy order, then `unsafe` and `attack`.

    Rounded to DECIMALS here, before anything is decided: what an answer shows is what was compared.
    """
    row: list[float] = np.round(probabilities.astype(np.float64), DECIMALS).tolist()
    return Scores(tuple(row[:-2]), unsafe=row[-2], attack=row[-1])


def as_steps(probabilities: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Return rows, shape (n, outputs), in ten-thousandths, as models.decide takes them: rounded as by as_scores."""
    return np.rint(probabilities.astype(np.float64) * STEPS).astype(np.uint16)
