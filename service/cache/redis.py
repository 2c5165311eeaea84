"""Scores shared by replicas in Redis: one MGET a request, one pipeline of SETs behind it.

A Redis that is down, slow or full costs a counted error and at most the timeout; after an error no request
tries it for a moment, so an outage does not cost every request its timeout.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from service.cache.memory import jittered
from service.metrics import Metrics

T = TypeVar("T")

KEY_PREFIX = b"tidegate:score:"
REST_SECONDS = 0.5
_log = logging.getLogger("tidegate.cache")


class RedisStore:
    """A Redis client with a deadline on every call. For one event loop."""

    def __init__(
        self,
        url: str,
        ttl_seconds: int,
        timeout_ms: int,
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        seconds = timeout_ms / 1000
        self._client = Redis.from_url(
            url,
            protocol=3,
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
            retry=Retry(NoBackoff(), 0),
            client_name="tidegate",
        )
        self._seconds = seconds
        self._ttl = ttl_seconds
        self._metrics = metrics
        self._clock = clock
        self._resting_until = 0.0

    async def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return one value or None for each key, in order; None for all when Redis fails."""
        found = await self._try(lambda: self._client.mget([KEY_PREFIX + key for key in keys]))
        if found is None:
            return [None] * len(keys)
        return [value if isinstance(value, bytes) else None for value in found]

    async def put(self, entries: Mapping[bytes, bytes]) -> None:
        """Keep the entries, in one round trip."""
        pipeline = self._client.pipeline(transaction=False)
        for key, value in entries.items():
            pipeline.set(KEY_PREFIX + key, value, px=max(1, int(1000 * jittered(self._ttl))))
        await self._try(pipeline.execute)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _try(self, call: Callable[[], Awaitable[T]]) -> T | None:
        if self._clock() < self._resting_until:
            self._metrics.cache.labels("error").inc()
            return None
        try:
            async with asyncio.timeout(self._seconds):
                return await call()
        except (RedisError, OSError, TimeoutError) as error:
            self._metrics.cache.labels("error").inc()
            self._resting_until = self._clock() + REST_SECONDS
            _log.warning("redis failed (%s); resting %g s", type(error).__name__, REST_SECONDS)
            return None
