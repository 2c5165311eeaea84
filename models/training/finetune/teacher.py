"""Logits of a checkpoint for many texts, one window each."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForSequenceClassification

from models.encode import Encoder
from models.outputs import OUTPUTS
from models.training.corpus.mix import Example
from models.training.finetune.windows import Windows, collate

_BATCH = 64


def teacher_logits(
    checkpoint: Path, found: list[Example], encoder: Encoder, dtype: torch.dtype = torch.bfloat16
) -> NDArray[np.float32]:
    """Return (len(found), outputs). Raises ValueError when a text has no window: it has no letter then."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = AutoModelForSequenceClassification.from_pretrained(checkpoint, dtype=dtype).to(device).eval()
    rows = Windows(found, encoder)
    if len(rows) != len(found):
        raise ValueError(f"{len(found) - len(rows)} texts have no window")
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]["input_ids"]))
    logits = np.empty((len(rows), len(OUTPUTS)), np.float32)
    with torch.no_grad():
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            batch = collate([rows[i] for i in chosen])
            inputs = {name: batch[name].to(device) for name in ("input_ids", "attention_mask", "token_type_ids")}
            logits[chosen] = model(**inputs).logits.float().cpu().numpy()
    return logits


def mean_logits(checkpoints: Sequence[Path], found: list[Example], encoder: Encoder) -> NDArray[np.float32]:
    """Return the mean over `checkpoints` of their logits, (len(found), outputs)."""
    total = np.zeros((len(found), len(OUTPUTS)), np.float32)
    for checkpoint in checkpoints:
        total += teacher_logits(checkpoint, found, encoder) / len(checkpoints)
    return total
