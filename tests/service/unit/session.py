"""A session that does what a test says: for tests of what happens before and after inference."""

import asyncio
import threading
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from models.encode import Encoded, Window
from service.metrics import Metrics

WIDTH = 3
Run = Callable[[Sequence[Window]], NDArray[np.float32]]


class Session:
    """Stands for Backend.run: keeps every batch, waits while `gate` is shut, then answers, raises or errs.

    It raises `error`, or for a batch that holds the token `poison`; it answers `rows` when they are set, else
    what `run` does. With `stepwise` each batch waits for a `step`.
    """

    def __init__(self, run: Run | None = None) -> None:
        self._run = run or rows_of
        self.stepwise = False
        self._steps = threading.Semaphore(0)
        self._entered = threading.Semaphore(0)
        self.gate = threading.Event()
        self.gate.set()
        self.batches: list[list[Window]] = []
        self.error: Exception | None = None
        self.poison: int | None = None
        self.rows: object = None

    def __call__(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        self.batches.append(list(windows))
        self._entered.release()
        assert self._steps.acquire(timeout=30) if self.stepwise else self.gate.wait(30)
        if self.error:
            raise self.error
        if any(self.poison in window.ids for window in windows):
            raise RuntimeError("poison")
        if self.rows is not None:
            return self.rows  # type: ignore[return-value]
        return self._run(windows)

    async def entered(self) -> None:
        """Wait until one more batch is in the session."""
        assert await asyncio.to_thread(self._entered.acquire, timeout=30)

    def step(self) -> None:
        """Let one more batch through."""
        self._steps.release()

    def release(self) -> None:
        """Let everything through from now on."""
        self.stepwise = False
        self.gate.set()
        self._steps.release()

    def lengths(self) -> list[list[int]]:
        """Return the length of every window, batch by batch."""
        return [[len(window.ids) for window in batch] for batch in self.batches]

    def seen(self, window: Window) -> bool:
        """Tell whether a window has reached the session."""
        return any(window in batch for batch in self.batches)

    @property
    def windows(self) -> int:
        """How many windows have reached the session."""
        return sum(map(len, self.batches))


def rows_of(windows: Sequence[Window]) -> NDArray[np.float32]:
    """Return rows that tell windows apart: of each its first id, its length, and a number for its ids."""
    rows = [(window.ids[0], len(window.ids), hash(window.ids) % 1000) for window in windows]
    return np.array(rows, dtype=np.float32)


def text(*lengths: int, token: int = 1) -> Encoded:
    """Return a text with a window of each length; its tokens are `token`, `token` + 1 and so on by window."""
    windows = tuple(Window((token + i,) * n, (0,) * n) for i, n in enumerate(lengths))
    return Encoded(windows, sum(lengths), sum(lengths))


def logits_of(encoded: Encoded) -> list[float]:
    """Return what the batcher must answer for a text that was alone in the session."""
    logits: list[float] = rows_of(encoded.windows).max(axis=0).tolist()
    return logits


def sample(metrics: Metrics, name: str, **labels: str) -> float:
    """Return the value of a metric as Prometheus would read it."""
    value = metrics.registry.get_sample_value(name, labels)
    assert value is not None, f"no sample {name} {labels}"
    return value
