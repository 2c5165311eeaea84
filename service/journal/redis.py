"""A journal in a Redis list, for replicas on several machines: one round trip to read, one script to append.

An entry that Redis took is safe from a crash only where Redis writes it to disk before it answers: `doubts` says what
its configuration lacks for that.
"""

from collections.abc import Awaitable
from typing import Any, TypeVar, cast

from redis import DriverInfo
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from service.journal.store import PAGE, JournalError
from service.version import VERSION

T = TypeVar("T")

KEY = b"tidegate:journal:entries"
# Nobody's text waits for the journal; an operator who saves does.
SECONDS = 1.0
# Looked at and written in one step, so that of two that come at once the second gets 0.
_APPEND = """
if redis.call('LLEN', KEYS[1]) ~= tonumber(ARGV[1]) - 1 then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[2])
return 1
"""
_NEEDED = (("appendonly", "yes"), ("appendfsync", "always"), ("maxmemory-policy", "noeviction"))


class RedisJournal:
    """A journal in the Redis at `url`, by a client of its own. For one event loop."""

    kind = "redis"

    def __init__(self, url: str) -> None:
        """Raises ValueError for a URL that cannot be read. Redis is not contacted yet."""
        self._client = Redis.from_url(
            url,
            protocol=3,
            socket_timeout=SECONDS,
            socket_connect_timeout=SECONDS,
            retry=Retry(NoBackoff(), 0),
            client_name="tidegate-journal",
            # Left out, each new connection reads the client's version from disk, in the event loop.
            driver_info=DriverInfo("tidegate", VERSION),
        )

    async def read(self, after: int) -> list[bytes]:
        """Return the entries behind the first `after`, at most PAGE of them. Raises JournalError."""
        return await _answer(self._client.lrange(KEY, after, after + PAGE - 1), list)

    async def append(self, revision: int, entry: bytes) -> bool:
        """Put the entry at place `revision` if that is the next; False if not. Raises JournalError."""
        return bool(await _answer(self._client.eval(_APPEND, 1, KEY, revision, entry), int))

    async def doubts(self) -> list[str]:
        """Return what the configuration of Redis lacks to keep each entry that it took. Raises JournalError."""
        try:
            found = await self._client.config_get(*(name for name, _ in _NEEDED))
        except ResponseError:
            return ["this Redis does not show its configuration: whether it keeps every entry cannot be told"]
        except RedisError as error:
            raise _failure(error) from None
        return [
            f"Redis may lose entries that it took: {name} is {found[name]}, and should be {needed}"
            for name, needed in _NEEDED
            if found.get(name, needed) != needed
        ]

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


async def _answer(asked: Any, kind: type[T]) -> T:
    """Return what Redis answers. Raises JournalError, for an answer of another kind too."""
    try:
        found = await cast("Awaitable[object]", asked)
    except RedisError as error:
        raise _failure(error) from None
    if not isinstance(found, kind):
        raise JournalError("Redis answers as no Redis does")
    return found


def _failure(error: RedisError) -> JournalError:
    """Return what went wrong. Redis' own words are left out: they may hold a user's name."""
    if isinstance(error, RedisTimeoutError):
        return JournalError(f"the journal's Redis does not answer within {SECONDS:g} s")
    if isinstance(error, RedisConnectionError):
        return JournalError("the journal's Redis cannot be reached")
    words = str(error).split(" ", 1)[0]
    why = {
        "WRONGTYPE": "its key is in use for something else",
        "OOM": "it has no memory left",
        "MISCONF": "it cannot write to its disk",
        "READONLY": "it is a replica that takes no writes",
        "NOPERM": "its user may not use the key or a command",
        "NOAUTH": "it wants a password",
        "WRONGPASS": "it refuses the password",
    }
    return JournalError(f"the journal's Redis refuses: {why.get(words, type(error).__name__)}")
