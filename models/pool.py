"""From the windows of a text to the text."""

import math
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.encode import Window


class Pooled(msgspec.Struct, frozen=True):
    """What a text scores: logits of shape (outputs,), and for each output the view whose window decided it.

    A view of "" is the text as it stands.
    """

    logits: NDArray[np.float32]
    views: tuple[str, ...]


def pool(logits: NDArray[np.float32], windows: Sequence[Window]) -> Pooled:
    """Return the greatest logit of each output over the windows, one row of `logits` a window.

    Harm anywhere in a text, or in what it hides, is harm in the text. A text without a token has no window, and
    nothing in it to judge: its logits are -inf, its probabilities 0.
    """
    if len(logits) == 0:
        return Pooled(np.full(logits.shape[1], -np.inf, dtype=np.float32), ("",) * logits.shape[1])
    if len(logits) == 1:  # most texts; the way below takes fifteen times as long
        return Pooled(logits[0].astype(np.float32), (windows[0].view,) * logits.shape[1])
    best = logits.argmax(axis=0)  # the first of equals: the text before its views; NaN before all
    views = tuple(windows[i].view for i in best.tolist())
    return Pooled(np.take_along_axis(logits, best[None], axis=0)[0].astype(np.float32), views)


def for_length(pooled: Pooled, windows: Sequence[Window], tails: NDArray[np.float32]) -> Pooled:
    """Return what is pooled less what a harmless text of as many windows gains by chance: tails * chances(windows).

    Of views only their text's windows count.
    """
    n = sum(not window.view for window in windows)
    if n < 2:
        return pooled
    return msgspec.structs.replace(pooled, logits=pooled.logits - tails * np.float32(chances(n)))


def chances(windows: int) -> float:
    """Return how far the greatest logit of so many windows moves by chance, in units of that of four: ln(n)^2 / ln(4).

    The greatest of n independent draws from an exponential tail moves with ln(n) (Coles 2001, "An introduction to
    statistical modeling of extreme values", example 3.1). Windows of one text are alike, those of a short one most:
    there it moves less. The square follows harmless documents of 2 to 64 windows where the logarithm is either too
    much for a page or too little for a book.
    """
    return math.log(windows) ** 2 / math.log(4)
