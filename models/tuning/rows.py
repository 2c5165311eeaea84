"""Labelled rows: scores with what people said of them."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


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
