"""Whether the encoder still tells texts apart: fine-tuning can fold every text onto a few directions (see head.py).

A collapsed encoder has a falling loss and ranks texts as harmful, attacking or harmless; it cannot tell one
category from another, because all outputs read the same two or three numbers.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.encode import Encoder
from models.training.corpus.mix import Example

_TEXTS = 200


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


def rank_of(model: Any, encoder: Encoder, found: list[Example]) -> float:
    """Return the effective rank of a classifier's pooled output over the first windows of some of the texts `found`."""
    windows = [each.windows[0] for each in encoder.encode([e.item for e in found[:_TEXTS]]) if each.windows]
    if not windows:
        return 0.0
    model.eval()
    with torch.no_grad():
        rows = [
            model.bert(
                input_ids=torch.tensor([w.ids], device=model.device),
                token_type_ids=torch.tensor([w.segments], device=model.device),
            ).pooler_output[0]
            for w in windows
        ]
    return effective_rank(np.stack([row.float().cpu().numpy() for row in rows]))
