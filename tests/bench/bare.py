"""The ceiling: the bare ONNX session over the windows of a mix's texts, offline, with nothing around it."""

import time
from statistics import median

import msgspec
import numpy as np

from models.backend import Backend, Device
from models.bundle import Bundle
from models.encode import Item, Window
from models.threads import available_threads
from taxonomy.categories import Role
from tests.bench.mixes import Mix

BUDGETS = {
    Device.CPU: (512, 1024, 2048, 4096, 8192),
    Device.CUDA: (2048, 8192, 32_768, 131_072),
}


class Bare(msgspec.Struct, frozen=True):
    """Texts a second at the best token budget, that budget, tokens a second, and one text alone in milliseconds."""

    rate: float
    budget: int
    tokens: float
    alone_p50: float


class Ceiling:
    """The session of a bundle, opened as the service opens it."""

    def __init__(self, bundle: Bundle, device: Device) -> None:
        self._bundle = bundle
        self._encoder = self._bundle.encoder()
        self._budgets = BUDGETS[device]
        pad_id = self._bundle.manifest.encoding.pad_id
        self._backend = Backend(self._bundle.model, device, available_threads(), pad_id)

    def measure(self, mix: Mix, seconds: float) -> Bare:
        """Run the windows of the mix in order of length, so that padding costs next to nothing, budget by budget."""
        encoded = self._encoder.encode([Item(Role(mix.role), text) for text in mix.texts[:400]])
        windows = [window for each in encoded for window in each.windows]
        windows.sort(key=lambda window: len(window.ids))
        tokens = sum(len(window.ids) for window in windows)
        rates = {budget: self._rate(windows, budget, seconds / len(self._budgets)) for budget in self._budgets}
        best = max(rates, key=rates.__getitem__)
        alone = []
        for each in encoded[:60]:
            began = time.perf_counter()
            for batch in _batches(list(each.windows), 2048):
                self._backend.run(batch)
            alone.append(time.perf_counter() - began)
        texts = len(encoded) * rates[best] / tokens
        return Bare(round(texts, 1), best, round(rates[best]), round(1000 * median(alone), 2))

    def _rate(self, windows: list[Window], budget: int, seconds: float) -> float:
        """Return tokens a second, padding not counted."""
        batches = list(_batches(windows, budget))
        chosen = np.random.default_rng(1).permutation(len(batches))
        done, began = 0, time.perf_counter()
        while True:
            for i in chosen:
                self._backend.run(batches[i])
                done += sum(len(window.ids) for window in batches[i])
                if (spent := time.perf_counter() - began) > seconds:
                    return done / spent


def _batches(windows: list[Window], budget: int) -> list[list[Window]]:
    """Cut windows, shortest first, into batches of at most `budget` padded tokens, one window at least."""
    batches: list[list[Window]] = []
    for window in windows:
        if batches and (len(batches[-1]) + 1) * len(window.ids) <= budget:
            batches[-1].append(window)
        else:
            batches.append([window])
    return batches
