"""One batch on all cores against a batch on each core: tokens a second, `python -m tests.bench.threads`."""

import time
from concurrent.futures import ThreadPoolExecutor
from statistics import median

from rich.console import Console
from rich.table import Table

from models.backend import Backend, Device
from models.bundle import SHIPPED, Bundle
from models.encode import Window
from models.threads import available_threads

# Tokens of a window, and windows of a batch.
SHAPES = ((24, 1), (24, 10), (24, 42), (140, 1), (140, 7), (256, 1), (256, 4))
ROUNDS, SECONDS = 3, 0.5


def main() -> None:
    """Measure both in turn, several times, and print the medians."""
    bundle = Bundle.open(SHIPPED)
    backend = Backend(bundle.model, Device.CPU, available_threads(), bundle.manifest.encoding.pad_id)
    table = Table("tokens", "windows", "one after the other", "side by side", "ratio")
    for length, count in SHAPES:
        windows = [Window(tuple(range(1000, 1000 + length)), (0,) * length)] * count
        pairs = [(_alone(backend, windows), _beside(backend, windows)) for _ in range(ROUNDS)]
        alone, beside = (median(rates) for rates in zip(*pairs, strict=True))
        table.add_row(str(length), str(count), f"{alone:,.0f}", f"{beside:,.0f}", f"{beside / alone:.2f}")
    Console().print(table)


def _alone(backend: Backend, windows: list[Window]) -> float:
    began, done = time.perf_counter(), 0
    while (spent := time.perf_counter() - began) < SECONDS:
        backend.run(windows)
        done += sum(len(window.ids) for window in windows)
    return done / spent


def _beside(backend: Backend, windows: list[Window]) -> float:
    def work(_: int) -> float:
        began, done = time.perf_counter(), 0
        while (spent := time.perf_counter() - began) < SECONDS:
            backend.run_beside(windows)
            done += sum(len(window.ids) for window in windows)
        return done / spent

    with ThreadPoolExecutor(backend.beside) as pool:
        return sum(pool.map(work, range(backend.beside)))


if __name__ == "__main__":
    main()
