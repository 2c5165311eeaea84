"""Memory in front of Redis: what this process knows costs no round trip, what another one knows costs one."""

from collections.abc import Mapping, Sequence

from service.cache.store import Store


class TieredStore:
    """Two stores as one. What only the far one has is kept in the near one too, for a whole life there.

    A value lives as long as in both together at most: the near one's life should be a small part of the far one's.
    """

    def __init__(self, near: Store, far: Store) -> None:
        self._near = near
        self._far = far

    async def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return one value or None for each key, in order; the far store is asked for what the near one lacks."""
        found = await self._near.get(keys)
        missing = [key for key, value in zip(keys, found, strict=True) if value is None]
        if not missing:
            return found
        values = zip(missing, await self._far.get(missing), strict=True)
        fetched = {key: value for key, value in values if value is not None}
        if fetched:
            await self._near.put(fetched)
        return [fetched.get(key) if value is None else value for key, value in zip(keys, found, strict=True)]

    async def put(self, entries: Mapping[bytes, bytes]) -> None:
        """Keep the entries in both."""
        await self._near.put(entries)
        await self._far.put(entries)

    async def close(self) -> None:
        """Close both."""
        await self._near.close()
        await self._far.close()
