"""Scores shared by replicas in Redis: one MGET a request, one pipeline of SETs behind it.

A Redis that is down, slow or full costs a counted error and at most the timeout. After a failure no request
tries it for a moment, longer each time, so an outage does not cost every request its timeout.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, TypeVar

from redis import DriverInfo
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError

from service.cache.memory import jittered
from service.metrics import Metrics
from service.version import VERSION

T = TypeVar("T")

KEY_PREFIX = b"tidegate:score:"
# Rests after failures: the first, each twice as long as the one before, and the longest.
FIRST_REST_SECONDS = 0.01
REST_SECONDS = 0.5
# How long a call may go on when no request waits for it.
PATIENCE_SECONDS = 1.0
_CONNECTIONS = 32
_LOG_EVERY_SECONDS = 60.0
_log = logging.getLogger("tidegate.cache")


class RedisStore:
    """A Redis client that nobody waits long for. For one event loop."""

    def __init__(
        self,
        url: str,
        ttl_seconds: int,
        timeout_ms: int,
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=PATIENCE_SECONDS,
            protocol=3,
            socket_timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),
            client_name="tidegate",
            # Left out, each new connection reads the client's version from disk, in the event loop.
            driver_info=DriverInfo("tidegate", VERSION),
        )
        self._client = Redis.from_pool(pool)
        self._seconds = timeout_ms / 1000
        self._ttl = ttl_seconds
        self._metrics = metrics
        self._clock = clock
        self._resting_until = 0.0
        self._rest = 0.0
        self._quiet_until = -math.inf
        self._calls: set[asyncio.Task[Any]] = set()

    async def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return one value or None for each key, in order; None for all when Redis fails."""
        found = await self._try(lambda: self._mget(keys), self._seconds) if keys else []
        if found is None:
            return [None] * len(keys)
        return [value if isinstance(value, bytes) else None for value in found]

    async def put(self, entries: Mapping[bytes, bytes]) -> None:
        """Keep the entries, in one round trip. Waits longer than `get`: no request waits for it."""
        await self._try(lambda: self._set(entries), PATIENCE_SECONDS)

    async def close(self) -> None:
        """Give up what is under way and close the connections."""
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)
        await self._client.aclose()

    async def _mget(self, keys: Sequence[bytes]) -> list[Any]:
        found: list[Any] = await self._client.mget([KEY_PREFIX + key for key in keys])
        return found

    async def _set(self, entries: Mapping[bytes, bytes]) -> None:
        pipeline = self._client.pipeline(transaction=False)
        for key, value in entries.items():
            pipeline.set(KEY_PREFIX + key, value, px=max(1, int(1000 * jittered(self._ttl))))
        await pipeline.execute()

    async def _try(self, call: Callable[[], Coroutine[Any, Any, T]], seconds: float) -> T | None:
        """Return what Redis answers within `seconds`, else None. A slower call goes on behind its request.

        Cut off half-way, a connection that takes longer to open than a request may wait would never be open.
        """
        if self._clock() < self._resting_until:
            self._metrics.cache.labels("error").inc()
            return None
        task = asyncio.create_task(call())
        self._calls.add(task)
        task.add_done_callback(self._over)
        await asyncio.wait({task}, timeout=seconds)
        if not task.done():
            self._failed(TimeoutError())
            return None
        if error := task.exception():
            self._failed(error)
            return None
        self._rest = 0.0
        return task.result()

    def _over(self, call: asyncio.Task[Any]) -> None:
        self._calls.discard(call)
        if not call.cancelled():
            call.exception()  # marks it as seen: one that failed behind its request was counted as too slow

    def _failed(self, error: BaseException) -> None:
        self._metrics.cache.labels("error").inc()
        now = self._clock()
        if now >= self._quiet_until:
            self._quiet_until = now + _LOG_EVERY_SECONDS
            _log.warning("redis failed (%s); texts are scored instead", type(error).__name__)
        # A Redis that is full or read-only refuses writes and can be read all the same. Those that failed
        # together are one failure.
        if not isinstance(error, ResponseError) and now >= self._resting_until:
            self._rest = min(REST_SECONDS, max(FIRST_REST_SECONDS, 2 * self._rest))
            self._resting_until = now + self._rest
