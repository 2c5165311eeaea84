"""Which thread count and batch size suit a machine: tokens a second of one fixed set of windows under each.

    combinations (threads x batch tokens) -> rounds, interleaved -> median of each -> the least that is as fast

The windows are those of chat turns, prompts and long texts, side by side as a busy queue holds them.
"""

import math
import platform
import random
import statistics
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path
from typing import Annotated, NamedTuple

import msgspec
import onnxruntime

from models.backend import Backend, Device
from models.bundle import Bundle
from models.encode import Item, Window
from models.scorer import batches, normalised

# Windows of a chat turn, a prompt and a full window, in tokens from..to, and how many of each in ten.
_FULL = 10**6
SHARES = (((12, 28), 6), ((90, 170), 3), ((_FULL, _FULL), 1))
_BUDGETS = (256, 512, 1024, 2048, 4096, 8192)
BUDGETS = {Device.CPU: _BUDGETS, Device.CUDA: (*_BUDGETS, 16_384, 32_768, 65_536)}
# Nearer than this to the fastest is as fast: fewer threads leave processors to others, a smaller batch answers sooner.
AS_FAST = 0.98
CPUINFO = Path("/proc/cpuinfo")
RUNTIME: str = onnxruntime.__version__


class Combination(NamedTuple):
    """What is tried: threads of the session and the most padded tokens in a batch."""

    threads: int
    batch_tokens: int


class Sample(NamedTuple):
    """One pass over the windows."""

    round: int
    combination: Combination
    tokens_per_second: float


Rate = Annotated[float, msgspec.Meta(ge=0, le=1e12)]


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured, as a profile keeps it. `cores` are the threads that the machine offered the process.

    `tokens_per_second` is threads -> batch tokens -> tokens a second, padding not counted.
    """

    date: str
    processor: str
    cores: Annotated[int, msgspec.Meta(ge=1, le=65_536)]
    device: Device
    onnxruntime: str
    bundle: str
    rounds: Annotated[int, msgspec.Meta(ge=1, le=10**9)]
    tokens_per_second: dict[str, dict[str, Rate]]


def combinations(device: Device, most_threads: int) -> list[Combination]:
    """Return what to try: powers of two and the most threads, each with every batch size."""
    powers = {2**i for i in range(most_threads.bit_length())}
    counts = sorted({n for n in powers if n <= most_threads} | {most_threads})
    return [Combination(threads, budget) for threads in counts for budget in BUDGETS[device]]


def windows_of(bundle: Bundle, tokens: int, seed: int = 1) -> list[Window]:
    """Return windows of mixed lengths with so many tokens in all, their ids the golden texts' over and over."""
    items = [normalised(Item(each.role, each.text, each.context)) for each in bundle.golden().items]
    ids = cycle([i for each in bundle.encoder().encode(items) for window in each.windows for i in window.ids] or [0])
    longest = bundle.manifest.encoding.max_tokens
    draw = random.Random(seed)  # noqa: S311  # lengths, not secrets
    kinds = [bounds for bounds, share in SHARES for _ in range(share)]
    found: list[Window] = []
    left = tokens
    while left > 0:
        draw.shuffle(kinds)
        for least, most in kinds:
            row = tuple(islice(ids, min(draw.randint(least, most), longest)))
            found.append(Window(row, (0,) * len(row)))
            left -= len(row)
    return found


def measure(bundle: Bundle, device: Device, tried: Sequence[Combination], seconds: float) -> Iterator[Sample]:
    """Yield a sample of every combination, round after round, until the next round would end after `seconds`.

    There is one round whatever it takes. Each has its sessions opened anew, one at a time: what others do on the
    machine falls on all of them alike. Raises BundleError, DeviceError.
    """
    # More than the largest batch: else that one would be measured on a single batch that is not full.
    windows = windows_of(bundle, 3 * max(each.batch_tokens for each in tried) // 2)
    began = time.perf_counter()
    number, longest = 0, 0.0
    while number == 0 or time.perf_counter() - began + longest <= seconds:
        number += 1
        start = time.perf_counter()
        # There and back: what slows the machine down for a while does not meet the same ones each time.
        for sample in _round(bundle, device, tried if number % 2 else tried[::-1], windows):
            yield Sample(number, *sample)
        longest = max(longest, time.perf_counter() - start)


def _round(
    bundle: Bundle, device: Device, tried: Sequence[Combination], windows: Sequence[Window]
) -> Iterator[tuple[Combination, float]]:
    for threads in dict.fromkeys(each.threads for each in tried):
        backend = Backend(bundle.model, device, threads, bundle.manifest.encoding.pad_id)
        with ThreadPoolExecutor(backend.beside) as pool:
            for each in tried:
                if each.threads == threads:
                    groups = [[windows[i] for i in group] for group in batches(windows, each.batch_tokens)]
                    # The first batch of a size also allocates for it.
                    list(pool.map(backend.run_beside, [max(groups, key=_padded)] * backend.beside))
                    yield each, _rate(backend, pool, groups)


def _rate(backend: Backend, pool: ThreadPoolExecutor, groups: list[list[Window]]) -> float:
    """Return tokens a second of all workers together, run as a busy service does: several batches, each on one thread.

    A worker that finds nothing left is out of the count from then on: a service has more to do. The batches come twice
    or oftener where there are too few to keep all workers busy.
    """
    todo = iter(groups * math.ceil(2 * backend.beside / len(groups)))

    def work(_: int) -> float:
        began, ended, tokens = time.perf_counter(), math.inf, 0
        for group in todo:
            backend.run_beside(group)
            tokens += sum(len(window.ids) for window in group)
            ended = time.perf_counter()
        return tokens / (ended - began)

    return sum(pool.map(work, range(backend.beside)))


def _padded(group: Sequence[Window]) -> int:
    return len(group) * max(len(window.ids) for window in group)


def medians(samples: Iterable[Sample]) -> dict[Combination, float]:
    """Return the median tokens a second of each combination."""
    found: dict[Combination, list[float]] = {}
    for sample in samples:
        found.setdefault(sample.combination, []).append(sample.tokens_per_second)
    return {each: statistics.median(rates) for each, rates in found.items()}


def choose(rates: dict[Combination, float]) -> Combination:
    """Return the combination with the fewest threads, and then the smallest batch, that is as fast as the fastest."""
    enough = max(rates.values()) * AS_FAST
    return min(each for each, rate in rates.items() if rate >= enough)


def processor() -> str:
    """Return the processor's name, or its architecture where the system does not tell."""
    try:
        lines = CPUINFO.read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return next((name for name in names if name), platform.machine() or "unknown")
