"""Does the bundle say what the source says? PyTorch reads each window by itself, the graph reads padded batches.

texts -> windows -> source's logits -> our outputs -> the greatest of a text's windows; the same by models.scorer
"""

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForSequenceClassification

from models.encode import Window
from models.errors import first_line
from models.pool import pool
from models.scorer import Scorer
from models.training.adopt.head import Head
from models.training.adopt.record import Agreement
from models.training.adopt.source import Source
from models.training.export.errors import ExportError
from models.training.export.graph import quiet
from models.training.export.sample import sample

# As far as a logit of the fp32 graph may lie from PyTorch's: sums of floats in another order, and no more.
LIMIT = 1e-3


def load(source: Source) -> Any:
    """Load the source in PyTorch. Raises ExportError when the folder's weights cannot be read or are not whole."""
    try:
        with quiet():
            model, loading = AutoModelForSequenceClassification.from_pretrained(
                source.folder, local_files_only=True, trust_remote_code=False, output_loading_info=True
            )
    except Exception as error:  # safetensors, torch and transformers have no one class for these
        raise ExportError(f"{source.folder}: the weights cannot be loaded: {first_line(error)}") from error
    if missing := sorted(loading["missing_keys"]):  # transformers would make them up at random
        raise ExportError(f"{source.folder}: the weights have no {', '.join(missing[:3])}")
    return model.eval()


def source_logits(model: Any, windows: Sequence[Window]) -> NDArray[np.float32]:
    """Return what PyTorch makes of each window by itself, shape (len(windows), labels): the truth of an export."""
    segmented = "token_type_ids" in inspect.signature(model.forward).parameters
    rows: list[NDArray[np.float32]] = []
    with torch.inference_mode():
        for window in windows:
            given = {"input_ids": torch.tensor([window.ids])}
            if segmented:
                given["token_type_ids"] = torch.tensor([window.segments])
            rows.append(model(**given).logits[0].numpy())
    return np.stack(rows)


def compare(reference: Scorer, model: Any, head: Head) -> Agreement:
    """Score the sample as the service would, and as PyTorch's `model` does. Raises ExportError beyond LIMIT."""
    items = sample()
    encoded = reference.encoder.encode(items)
    windows = [window for each in encoded for window in each.windows]
    rows = head.outputs(source_logits(model, windows))
    ends = np.cumsum([len(each.windows) for each in encoded])
    parts = zip(np.split(rows, ends[:-1]), encoded, strict=True)
    wanted = np.stack([pool(part, each.windows).logits for part, each in parts])
    agreement = Agreement(
        texts=len(items),
        windows=len(windows),
        logit=float(np.abs(reference.logits(encoded) - wanted).max()),
        probability=float(np.abs(reference.probabilities(items) - 1 / (1 + np.exp(-wanted))).max()),
    )
    if not agreement.logit <= LIMIT:  # NaN is refused too
        raise ExportError(f"the exported graph strays from PyTorch: a logit by {agreement.logit:.4g}, not {LIMIT:g}")
    return agreement
