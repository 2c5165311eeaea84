"""Whether the encoder still tells texts apart: fine-tuning can fold every text onto a few directions (see head.py).

A collapsed encoder has a falling loss and ranks texts as harmful, attacking or harmless; it cannot tell one
category from another, because all outputs read the same two or three numbers.
"""

import numpy as np
from numpy.typing import NDArray


def effective_rank(vectors: NDArray[np.float32]) -> float:
    """Return how many directions the rows of (texts, width) really use: 1 up to width.

    The exponential of the entropy of the normalised squared singular values (Roy and Vetterli 2007, "The
    effective rank: a measure of effective dimensionality"). Fewer than two distinct rows give 0.
    """
    spread = np.linalg.svd(vectors - vectors.mean(axis=0), compute_uv=False) ** 2
    if not spread.sum() > 0:
        return 0.0
    share = spread / spread.sum()
    share = share[share > 0]
    return float(np.exp(-(share * np.log(share)).sum()))
