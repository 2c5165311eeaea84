"""From the windows of a text to the text."""

import numpy as np
from numpy.typing import NDArray


def pool(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the greatest logit of each output over the windows: (windows, outputs) -> (outputs,).

    Harm anywhere in a text is harm in the text. A text without a token has no window, and nothing in it to
    judge: its logits are -inf, its probabilities 0.
    """
    if len(logits) == 0:
        return np.full(logits.shape[1], -np.inf, dtype=np.float32)
    return np.asarray(logits.max(axis=0), dtype=np.float32)
