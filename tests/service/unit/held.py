"""Doubles that wait for the test: a clock, an encoder and a store."""

import asyncio
import threading
from collections.abc import Mapping, Sequence

from models.encode import Encoded, Encoder, Item


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class HeldEncoder:
    """The encoder it is given; waits in its thread while `gate` is shut."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.gate = threading.Event()
        self.gate.set()
        self.calls: list[list[str]] = []
        self._entered = threading.Semaphore(0)

    def encode(self, items: Sequence[Item]) -> list[Encoded]:
        self.calls.append([item.text for item in items])
        self._entered.release()
        assert self.gate.wait(30)
        return self._encoder.encode(items)

    async def entered(self) -> None:
        """Wait until one more call has begun."""
        assert await asyncio.to_thread(self._entered.acquire, timeout=30)


class HeldStore:
    """A store in a dictionary; `get` waits for `readable`, `put` for `writable`, and both can raise."""

    def __init__(self) -> None:
        self.kept: dict[bytes, bytes] = {}
        self.puts: list[Mapping[bytes, bytes]] = []
        self.readable, self.writable = asyncio.Event(), asyncio.Event()
        self.readable.set()
        self.writable.set()
        self.error: Exception | None = None
        self.closed = False

    async def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        await self.readable.wait()
        if self.error:
            raise self.error
        return [self.kept.get(key) for key in keys]

    async def put(self, entries: Mapping[bytes, bytes]) -> None:
        self.puts.append(dict(entries))
        await self.writable.wait()
        self.kept.update(entries)

    async def close(self) -> None:
        self.closed = True
