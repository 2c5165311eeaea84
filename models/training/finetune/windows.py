"""Examples as the model reads them: one window each, padded by batch."""

from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from models.encode import Encoder
from models.training.corpus.mix import Example


class Windows(Dataset[dict[str, Any]]):  # type: ignore[misc]  # torch is absent where types are checked
    """One window an example, as the collator wants it."""

    def __init__(self, found: list[Example], encoder: Encoder) -> None:
        encoded = encoder.encode([example.item for example in found])
        self._rows = [
            {
                "input_ids": list(window.ids),
                "token_type_ids": list(window.segments),
                "labels": example.targets[0],
                "weights": example.targets[1],
            }
            for example, each in zip(found, encoded, strict=True)
            if each.windows
            for window in [each.windows[_window(example.position, len(each.windows))]]
        ]

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self._rows[index]


def collate(rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
    """Pad a batch to its longest row: ids, mask and segments (rows, tokens); labels and weights (rows, outputs)."""
    longest = max(len(row["input_ids"]) for row in rows)
    ids, mask, segments = (torch.zeros(len(rows), longest, dtype=torch.long) for _ in range(3))
    for i, row in enumerate(rows):
        n = len(row["input_ids"])
        ids[i, :n] = torch.tensor(row["input_ids"])
        mask[i, :n] = 1
        segments[i, :n] = torch.tensor(row["token_type_ids"])
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "token_type_ids": segments,
        "labels": torch.from_numpy(np.stack([row["labels"] for row in rows])),
        "weights": torch.from_numpy(np.stack([row["weights"] for row in rows])),
    }


def _window(position: str, count: int) -> int:
    return {"start": 0, "middle": count // 2, "end": count - 1}.get(position, 0)
