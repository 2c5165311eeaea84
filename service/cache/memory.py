"""Scores in the process: bounded by entries, least recently used out first, each with its own end."""

import random
import time
from collections.abc import Callable, Mapping, Sequence

from cachetools import TLRUCache
from prometheus_client import Counter

JITTER = 0.1


def jittered(seconds: float) -> float:
    """Return a time to live up to JITTER shorter, so that texts kept together do not end together."""
    return seconds * (1 - JITTER * random.random())  # noqa: S311  # spreading load, not secrets


class _Kept(TLRUCache[bytes, bytes]):
    """Counts what has to make room, as what has come to its end does not."""

    evicted: Counter | None = None

    def popitem(self) -> tuple[bytes, bytes]:
        if self.evicted:
            self.evicted.inc()
        return super().popitem()


class MemoryStore:
    """A dictionary with a bound and an end. For one event loop."""

    def __init__(
        self,
        entries: int,
        ttl_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        evicted: Counter | None = None,
    ) -> None:
        """`evicted` counts the entries that made room for others."""
        self._kept = _Kept(entries, lambda _k, _v, now: now + jittered(ttl_seconds), clock)
        self._kept.evicted = evicted

    async def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return one value or None for each key, in order."""
        return [self._kept.get(key) for key in keys]

    async def put(self, entries: Mapping[bytes, bytes]) -> None:
        """Keep the entries; the least recently used ones make room."""
        self._kept.update(entries)

    async def close(self) -> None:
        """Forget everything."""
        self._kept.clear()
