"""How the head of a fresh classifier starts: from the base rates, on a pooler that is not nearly zero.

Left as it comes, this base learns little but a bias. Its packaged pooler was never trained: its weights are a fifth of
the usual size, so that the pooled output is close to zero whatever the text. And an output that is true of one text in
thirty needs a bias of -3.4, which takes Adam thousands of steps at an encoder's rate; the quickest way there is to turn
the pooled output into one constant direction. The loss falls, and every category ends up reading the same number.
On 4,000 rows the mean area under the curve of the categories was 0.6 as it comes and 0.94 with this start.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.training.corpus.labels import Targets

# A category that a small corpus holds no positive of still gets a finite bias.
_LOWEST = 1e-3


def base_rates(targets: Targets, positive_weight: float) -> NDArray[np.float32]:
    """Return the share of positives per output as the loss sees them: (outputs,), never quite 0 or 1."""
    values, weights = targets
    positive = (values * weights * positive_weight).sum(axis=0)
    negative = ((1.0 - values) * weights).sum(axis=0)
    total = positive + negative
    share: NDArray[np.float32] = positive / np.maximum(total, 1e-9)
    return np.clip(share, _LOWEST, 1.0 - _LOWEST)


def new_head(model: Any, targets: Targets, positive_weight: float) -> None:
    """Start the pooler anew (Glorot and Bengio 2010) and the classifier's bias at the log-odds of the base rates."""
    rates = base_rates(targets, positive_weight)
    torch.nn.init.xavier_uniform_(model.bert.pooler.dense.weight)
    torch.nn.init.zeros_(model.bert.pooler.dense.bias)
    with torch.no_grad():
        model.classifier.bias.copy_(torch.from_numpy(np.log(rates / (1.0 - rates))))
