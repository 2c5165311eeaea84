"""The interface of a cache. A store never raises and never waits long: a failure is a counted miss."""

from collections.abc import Mapping, Sequence
from typing import Protocol


class Store(Protocol):
    """Keeps bytes under 32-byte keys for a while."""

    async def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return one value or None for each key, in order."""
        ...

    async def put(self, entries: Mapping[bytes, bytes]) -> None:
        """Keep the entries, or lose them quietly."""
        ...

    async def close(self) -> None:
        """Let go of connections. Nothing may be called afterwards."""
        ...


class NoStore:
    """Keeps nothing: TIDEGATE_CACHE=off."""

    async def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return a miss for each key."""
        return [None] * len(keys)

    async def put(self, entries: Mapping[bytes, bytes]) -> None:
        """Keep nothing."""

    async def close(self) -> None:
        """Do nothing."""
