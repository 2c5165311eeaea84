"""int8 against fp32: what each category's ranking loses."""

import msgspec

from models.training.evaluate.judged import Array
from models.training.evaluate.quality import per_category


class PrecisionLine(msgspec.Struct, frozen=True):
    """Average precision of one output, 0..1, of the bundle and of the reference."""

    output: str
    bundle: float
    reference: float


def precision_lines(bundle: Array, reference: Array, values: Array, weights: Array) -> list[PrecisionLine]:
    """Return a line for every output with 20 rows of each polarity; all (rows, outputs), scores or logits."""
    one, other = per_category(bundle, values, weights), per_category(reference, values, weights)
    return [PrecisionLine(name, one[name], other[name]) for name in one]
