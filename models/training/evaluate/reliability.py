"""Reliability: whether seven in ten hold of the texts that score about 0.7."""

import msgspec
import numpy as np

from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.training.evaluate.judged import Array
from models.training.evaluate.quality import FEWEST_POSITIVES, calibration_error, decided

BINS = 10


class Bin(msgspec.Struct, frozen=True):
    """Rows whose probability lies in one tenth, the `place`-th from 0: their mean probability, the share that hold."""

    place: int
    rows: int
    predicted: float
    observed: float


class Diagram(msgspec.Struct, frozen=True):
    """One output: its bins that hold rows, lowest first, and the expected calibration error over them."""

    output: str
    rows: int
    error: float
    bins: list[Bin]


def diagrams(probabilities: Array, values: Array, weights: Array) -> list[Diagram]:
    """Return a diagram of `unsafe`, `attack` and every category with 20 rows of each polarity; all (rows, outputs)."""
    out: list[Diagram] = []
    for name in (UNSAFE, ATTACK, *OUTPUTS[:-2]):
        i = OUTPUTS.index(name)
        positive, negative = decided(values[:, i], weights[:, i])
        if min(positive.sum(), negative.sum()) >= FEWEST_POSITIVES:
            judged = weights[:, i] > 0
            out.append(diagram(name, probabilities[judged, i], values[judged, i]))
    return out


def diagram(output: str, probabilities: Array, values: Array) -> Diagram:
    """Bin one output's rows in equal widths; both (rows,) with at least one, values are shares in 0..1."""
    index = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    bins = [
        Bin(
            int(i),
            int((index == i).sum()),
            round(float(probabilities[index == i].mean()), 4),
            round(float(values[index == i].mean()), 4),
        )
        for i in np.unique(index)
    ]
    error = calibration_error(probabilities, values, BINS)
    assert error is not None
    return Diagram(output, len(values), round(error, 4), bins)
