"""How long a thousand tokens take, encoding left out."""

import statistics
import time
from collections.abc import Callable, Sequence

import msgspec

from models.encode import Encoded, Item
from models.scorer import Scorer

REPEATS = 7
# Enough for several batches; a run of a second or so.
TOKENS = 8000


class Speed(msgspec.Struct, frozen=True, kw_only=True):
    """Milliseconds for 1,000 tokens of windows, padding not counted: median, fastest and slowest of `repeats`."""

    model: str
    threads: int
    tokens: int
    windows: int
    repeats: int
    median: float
    fastest: float
    slowest: float


def speed_of(
    model: str,
    scorer: Scorer,
    items: Sequence[Item],
    threads: int,
    repeats: int = REPEATS,
    clock: Callable[[], float] = time.perf_counter,
) -> Speed:
    """Score the first TOKENS tokens of normalised items again and again, after one run that does not count."""
    encoded = _first(scorer.encoder.encode(items), TOKENS)
    windows = [window for each in encoded for window in each.windows]
    tokens = sum(len(window.ids) for window in windows)
    scorer.pooled(encoded)
    took: list[float] = []
    for _ in range(repeats):
        before = clock()
        scorer.pooled(encoded)
        took.append((clock() - before) * 1e6 / tokens)
    return Speed(
        model=model,
        threads=threads,
        tokens=tokens,
        windows=len(windows),
        repeats=repeats,
        median=round(statistics.median(took), 3),
        fastest=round(min(took), 3),
        slowest=round(max(took), 3),
    )


def _first(encoded: Sequence[Encoded], tokens: int) -> list[Encoded]:
    out: list[Encoded] = []
    for each in encoded:
        if tokens <= 0:
            break
        out.append(each)
        tokens -= sum(len(window.ids) for window in each.windows)
    return out
