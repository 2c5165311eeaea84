"""Scores in the process: bounded by entries, least recently used out first, each with its own end."""

import random
import time
from collections.abc import Callable, Mapping, Sequence

from cachetools import TLRUCache

JITTER = 0.1


def jittered(seconds: int) -> float:
    """Return a time to live up to JITTER shorter, so that texts kept together do not end together."""
    return seconds * (1 - JITTER * random.random())  # noqa: S311  # spreading load, not secrets


class MemoryStore:
    """A dictionary with a bound and an end. For one event loop."""

    def __init__(self, entries: int, ttl_seconds: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._kept: TLRUCache[bytes, bytes] = TLRUCache(entries, lambda _k, _v, now: now + jittered(ttl_seconds), clock)

    async def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return one value or None for each key, in order."""
        return [self._kept.get(key) for key in keys]

    async def put(self, entries: Mapping[bytes, bytes]) -> None:
        """Keep the entries; the least recently used ones make room."""
        self._kept.update(entries)

    async def close(self) -> None:
        """Forget everything."""
        self._kept.clear()
