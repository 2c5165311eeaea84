"""Scores shared by replicas in Redis: one MGET for the requests that ask together, one pipeline of SETs behind them.

A Redis that is down, slow or full costs a counted error and at most the timeout, which is that of a round trip: a
request may have to wait for the one under way before its own. After a failure no request tries it for a moment, longer
each time, so an outage does not cost every request its timeout.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence

from redis.exceptions import ResponseError

from service.cache.memory import jittered
from service.cache.together import Together, Values
from service.metrics import Metrics
from service.redis_clients import for_loop

CLIENT = "tidegate"
KEY_PREFIX = b"tidegate:score:"
# How long to leave Redis alone: after the first failure, and at most. Each rest doubles the one before.
FIRST_REST_SECONDS = 0.01
REST_SECONDS = 0.5
# Of the event loop, from bytes in the socket to a request that goes on: read, parsed, shared out, and one to spare.
_TURNS = 5
_LOG_EVERY_SECONDS = 60.0
_log = logging.getLogger("tidegate.cache")


class RedisStore:
    """A Redis client that no request waits long for. For one event loop."""

    def __init__(
        self,
        url: str,
        ttl_seconds: int,
        timeout_ms: int,
        metrics: Metrics,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises ValueError for a URL that cannot be read. Redis is not contacted yet."""
        # Look-ups are made one at a time, on a connection of their own: none waits for another to open because a write
        # has it.
        self._reading = for_loop(url, CLIENT)
        self._writing = for_loop(url, CLIENT)
        self._reads = Together(self._mget)
        self._seconds = timeout_ms / 1000
        self._ttl = ttl_seconds
        self._metrics = metrics
        self._clock = clock
        self._resting_until = -math.inf
        self._rest = 0.0
        self._quiet_until = -math.inf

    async def connect(self) -> None:
        """Open the connection of the look-ups: a request would not wait for as long as that may take."""
        try:
            await self._reading.ping()
        except Exception as error:  # a store never raises
            self._failed(error)

    async def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return one value or None for each key, in order; None for all when Redis fails or takes too long."""
        misses: Values = [None] * len(keys)
        if not keys or self._rests():
            return misses
        answer = self._reads.ask(keys)
        late = asyncio.get_running_loop().call_later(self._seconds, self._give_up, answer)
        try:
            found = await answer  # whoever is cancelled here cancels it, and no other's
        except Exception as error:  # a store never raises
            self._failed(error)
            return misses
        finally:
            late.cancel()
        self._rest = 0.0
        return found

    async def put(self, entries: Mapping[bytes, bytes]) -> None:
        """Keep the entries, in one round trip."""
        if self._rests():
            return
        pipeline = self._writing.pipeline(transaction=False)
        for key, value in entries.items():
            pipeline.set(KEY_PREFIX + key, value, px=max(1, int(1000 * jittered(self._ttl))))
        try:
            await pipeline.execute()
        except Exception as error:  # a store never raises
            self._failed(error)

    async def close(self) -> None:
        """Give up what is under way and close the connections."""
        await self._reads.close()
        await self._reading.aclose()
        await self._writing.aclose()

    async def _mget(self, keys: Sequence[bytes]) -> Values:
        found = await self._reading.mget([KEY_PREFIX + key for key in keys])
        return [value if isinstance(value, bytes) else None for value in found]

    def _give_up(self, answer: asyncio.Future[Values], turns: int = _TURNS) -> None:
        """Wait for an answer no longer, once Redis has had its time; its look-up goes on, and may open a connection.

        Where the loop has much to do it is the loop that is late: what has come meanwhile is read in a few turns, and
        what was looked up only then, behind the look-up before, has all the time.
        """
        if answer.done():
            return
        loop = asyncio.get_running_loop()
        if (left := self._seconds - self._reads.waited) > 0:
            loop.call_later(left, self._give_up, answer)
        elif turns:
            loop.call_soon(self._give_up, answer, turns - 1)
        else:
            answer.set_exception(TimeoutError())

    def _rests(self) -> bool:
        if self._clock() >= self._resting_until:
            return False
        self._metrics.cache.labels("error").inc()
        return True

    def _failed(self, error: BaseException) -> None:
        self._metrics.cache.labels("error").inc()
        now = self._clock()
        if now >= self._quiet_until:
            self._quiet_until = now + _LOG_EVERY_SECONDS
            _log.warning("redis failed (%s); texts are scored instead", type(error).__name__)
        # A Redis that is full or read-only refuses writes and can be read all the same. Requests that failed
        # together are one failure.
        if not isinstance(error, ResponseError) and now >= self._resting_until:
            self._rest = min(REST_SECONDS, max(FIRST_REST_SECONDS, 2 * self._rest))
            self._resting_until = now + self._rest
