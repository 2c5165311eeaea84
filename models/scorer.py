"""Score texts in the calling thread: for the command line, evaluation and the golden set.

The service does the same steps with a queue between encoding and inference (service/batching/batcher.py).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.backend import Backend, Device
from models.bundle import Bundle
from models.encode import Encoded, Item, Window
from models.errors import BundleError
from models.language import learned
from models.normalise import normalise
from models.pool import Pooled, for_length, pool
from taxonomy.categories import Role

# Padded tokens in one batch: on two cores larger batches cost cache misses and smaller ones call overhead.
BATCH_TOKENS = 2048


class Probable(msgspec.Struct, frozen=True):
    """Calibrated probabilities of shape (outputs,), and the view behind each ("" for the text as it stands).

    `language` is the text's, "" where it cannot be told; `supported` whether the model has learned it.
    """

    probabilities: NDArray[np.float32]
    views: tuple[str, ...]
    language: str
    supported: bool


class Scorer:
    """A bundle with its session open. Not for several threads at once."""

    def __init__(self, bundle: Bundle, device: Device, threads: int, model: Path | None = None) -> None:
        """Take `model` in place of the bundle's own, to compare the two. Raises BundleError or DeviceError."""
        self.bundle = bundle
        self.encoder = bundle.encoder()
        self.calibration = bundle.calibration()
        self.backend = Backend(model or bundle.model, device, threads, bundle.manifest.encoding.pad_id)
        if self.backend.width != len(bundle.manifest.outputs):
            raise BundleError(
                f"bundle {bundle.folder}: model.onnx has {self.backend.width} outputs, "
                f"manifest.json names {len(bundle.manifest.outputs)}"
            )

    def pooled(self, encoded: Sequence[Encoded]) -> list[Pooled]:
        """Return one Pooled per text, in order."""
        rows = self.window_logits([window for each in encoded for window in each.windows])
        out: list[Pooled] = []
        begin = 0
        for each in encoded:
            end = begin + len(each.windows)
            out.append(self.pool(rows[begin:end], each.windows))
            begin = end
        return out

    def window_logits(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        """Return the logits of each window by itself, shape (len(windows), outputs)."""
        rows = np.empty((len(windows), self.backend.width), dtype=np.float32)
        for batch in batches(windows, BATCH_TOKENS):
            rows[batch] = self.backend.run([windows[i] for i in batch])
        return rows

    def pool(self, rows: NDArray[np.float32], windows: Sequence[Window]) -> Pooled:
        """Return what a text scores, given the logits of its windows, shape (len(windows), outputs)."""
        return for_length(pool(rows, windows), windows, self.calibration.tails)

    def logits(self, encoded: Sequence[Encoded]) -> NDArray[np.float32]:
        """Return pooled logits, shape (len(encoded), outputs)."""
        rows = [each.logits for each in self.pooled(encoded)]
        return np.stack(rows) if rows else np.empty((0, self.backend.width), dtype=np.float32)

    def score(self, items: Sequence[Item]) -> list[Probable]:
        """Return one Probable per item, in order. Texts are normalised here."""
        encoded = self.encoder.encode([normalised(item) for item in items])
        return [
            Probable(
                self.calibration.of_one(pooled.logits, item.role),
                pooled.views,
                each.language,
                self.has_learned(each.language),
            )
            for item, each, pooled in zip(items, encoded, self.pooled(encoded), strict=True)
        ]

    def has_learned(self, language: str) -> bool:
        """Tell whether a text in `language` can be judged; "" is one whose language cannot be told."""
        return learned(language, self.bundle.manifest.languages)

    def probabilities(self, items: Sequence[Item]) -> NDArray[np.float32]:
        """Return calibrated probabilities, shape (len(items), outputs)."""
        rows = [each.probabilities for each in self.score(items)]
        return np.stack(rows) if rows else np.empty((0, self.backend.width), dtype=np.float32)

    def check_golden(self) -> None:
        """Score the golden set and compare. Raises BundleError when the machine computes something else."""
        golden = self.bundle.golden()
        found = self.probabilities([Item(each.role, each.text, each.context) for each in golden.items])
        wanted = np.array([each.probabilities for each in golden.items], dtype=np.float32)
        worst = float(np.abs(found - wanted).max())
        if not worst <= golden.tolerance:
            raise BundleError(
                f"bundle {self.bundle.folder}: the golden set is off by {worst:.3f}, more than {golden.tolerance}"
            )


def normalised(item: Item) -> Item:
    """Return the item with its text and context as they are scored. Only a response keeps a context."""
    context = normalise(item.context) if item.context and item.role is Role.RESPONSE else None
    return Item(item.role, normalise(item.text), context or None)


def batches(windows: Sequence[Window], most: int) -> Iterator[list[int]]:
    """Group indices of windows of like length, at most `most` padded tokens a group, and one window at least."""
    order = sorted(range(len(windows)), key=lambda i: len(windows[i].ids))
    batch: list[int] = []
    for i in order:
        if batch and (len(batch) + 1) * len(windows[i].ids) > most:
            yield batch
            batch = []
        batch.append(i)
    if batch:
        yield batch
