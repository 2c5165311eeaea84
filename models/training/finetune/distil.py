"""Learning from several checkpoints at once: their mean word beside the labels, and where there is no label.

Hinton, Vinyals and Dean 2015, "Distilling the knowledge in a neural network", with the logits' mean as the ensemble's
word. They are asked batch by batch: each is one more forward pass a step.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSequenceClassification

from models.training.corpus.silver import SILVER


class Teachers:
    """Checkpoints that judge what a model learns from; `share` (0..1) is what their word counts beside a label."""

    def __init__(self, checkpoints: Sequence[Path], share: float) -> None:
        self._models = [AutoModelForSequenceClassification.from_pretrained(each).eval() for each in checkpoints]
        self._share = share

    def targets(
        self, inputs: dict[str, Any], labels: torch.Tensor, weights: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return values and weights (rows, outputs): what was judged mixed, what nobody judged as the teachers say."""
        with torch.no_grad():
            said = torch.stack([each.to(labels.device)(**inputs).logits.float() for each in self._models])
        word = said.mean(dim=0).sigmoid()
        judged = weights > 0
        values = torch.where(judged, torch.lerp(labels, word, self._share), word)
        return values, torch.where(judged, weights, torch.full_like(weights, self._share * SILVER))
