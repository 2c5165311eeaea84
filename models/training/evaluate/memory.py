"""Score each window once: texts that share windows, or differ in one, cost only what is new."""

from collections.abc import Sequence

import numpy as np

from models.encode import Encoded, Window
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
        out = np.empty((len(encoded), self._scorer.backend.width), dtype=np.float32)
        for i, each in enumerate(encoded):
            rows = [self._seen[_key(window)] for window in each.windows]
            out[i] = self._scorer.pool(np.array(rows, dtype=np.float32).reshape(-1, out.shape[1]), each.windows).logits
        return out

    def _score(self, windows: dict[_Key, Window]) -> None:
        new = {key: window for key, window in windows.items() if key not in self._seen}
        self._seen.update(zip(new, self._scorer.window_logits(list(new.values())), strict=True))


def _key(window: Window) -> _Key:
    return window.ids, window.segments
