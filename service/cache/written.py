"""Into the store behind the answer: nobody waits for a cache."""

import asyncio

from service.cache.store import Store


class WriteBehind:
    """Collects entries and puts them into a store, one `put` at a time. For one event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._entries: dict[bytes, bytes] = {}
        self._task: asyncio.Task[None] | None = None

    def put(self, key: bytes, value: bytes) -> None:
        """Have the entry written soon, together with the others of this moment and those of a slow `put`."""
        self._entries[key] = value
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._write())

    async def close(self) -> None:
        """Write what is left, for a second at most."""
        if self._task:
            await asyncio.wait({self._task}, timeout=1)
            self._task.cancel()

    async def _write(self) -> None:
        while self._entries:
            entries, self._entries = self._entries, {}
            await self._store.put(entries)
