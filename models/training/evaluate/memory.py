"""Score each window once: texts that share windows, or differ in one, cost only what is new."""

from collections.abc import Sequence

import numpy as np

from models.encode import Encoded, Window
from models.pool import pool
from models.scorer import Scorer
from models.training.evaluate.judged import Array

_Key = tuple[tuple[int, ...], tuple[int, ...]]


class Memory:
    """The logits of the windows seen so far, by their tokens."""

    def __init__(self, scorer: Scorer) -> None:
        self._scorer = scorer
        self._seen: dict[_Key, Array] = {}

    def __len__(self) -> int:
        return len(self._seen)

    def logits(self, encoded: Sequence[Encoded]) -> Array:
        """Return pooled logits, shape (len(encoded), outputs)."""
        self._score({_key(window): window for each in encoded for window in each.windows})
        width = self._scorer.backend.width
        rows = [np.array([self._seen[_key(w)] for w in each.windows], dtype=np.float32) for each in encoded]
        pooled = [pool(found.reshape(-1, width), each.windows) for found, each in zip(rows, encoded, strict=True)]
        return np.array([each.logits for each in pooled], dtype=np.float32).reshape(-1, width)

    def _score(self, windows: dict[_Key, Window]) -> None:
        new = {key: window for key, window in windows.items() if key not in self._seen}
        rows = self._scorer.logits([Encoded((window,), 0, 0) for window in new.values()])
        self._seen.update(zip(new, rows, strict=True))


def _key(window: Window) -> _Key:
    return window.ids, window.segments
