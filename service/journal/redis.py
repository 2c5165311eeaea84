"""A journal in a Redis list, for replicas on several machines: one round trip to read, one script to append.

An entry that Redis took is safe from a crash only where Redis writes it to disk before it answers: `doubts` says what
its configuration lacks for that.
"""

import re
from typing import Any

from redis.exceptions import AuthenticationError, AuthorizationError, BusyLoadingError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from service.journal.store import PAGE, JournalError
from service.redis_clients import PATIENCE_SECONDS, for_loop

KEY = b"tidegate:journal:entries"
# Looked at and written in one step, so that of two that come at once the second gets 0.
_APPEND = """
if redis.call('LLEN', KEYS[1]) ~= tonumber(ARGV[1]) - 1 then return 0 end
redis.call('RPUSH', KEYS[1], ARGV[2])
return 1
"""
# By the word that Redis begins with; before version 7 it stands inside what it says of the script. redis-py takes it
# off the errors that it has a class of its own for.
_REFUSALS = {
    r"\bWRONGTYPE\b": "its key is in use for something else",
    r"^OutOfMemoryError|-OOM\b": "it has no memory left",
    r"\bMISCONF\b": "it cannot write to its disk",
    r"^ReadOnlyError|-READONLY\b": "it is a replica that takes no writes",
    r"\bNOREPLICAS\b": "too few of its replicas can be reached",
    r"^NoPermissionError|can't run this command": "its user may not use the key or a command",
}
_NEEDED = (("appendonly", "yes"), ("appendfsync", "always"), ("maxmemory-policy", "noeviction"))


class RedisJournal:
    """A journal in the Redis at `url`, by a client of its own. For one event loop."""

    kind = "redis"

    def __init__(self, url: str) -> None:
        """Raises ValueError for a URL that cannot be read. Redis is not contacted yet."""
        self._client = for_loop(url, "tidegate-journal")

    async def read(self, after: int) -> list[bytes]:
        """Return the entries behind the first `after`, at most PAGE of them. Raises JournalError."""
        try:
            return await self._range(after)
        except _Unreachable:
            # A connection that was open when Redis went down says so only now, and Redis may be there again.
            return await self._range(after)

    async def append(self, revision: int, entry: bytes) -> bool:
        """Put the entry at place `revision` if that is the next; False if not. Raises JournalError."""
        return bool(await _answer(self._client.eval(_APPEND, 1, KEY, revision, entry)))

    async def doubts(self) -> list[str]:
        """Return what the configuration of Redis lacks to keep each entry that it took. Raises JournalError."""
        try:
            found = await _answer(self._configuration())
        except _Refused:
            return ["this Redis does not show its configuration: whether it keeps every entry cannot be told"]
        return [
            f"Redis may lose entries that it took: {name} is {found[name]}, and should be {needed}"
            for name, needed in _NEEDED
            if found.get(name, needed) != needed
        ]

    async def _configuration(self) -> dict[str, str]:
        asked = self._client.pipeline(transaction=False)
        for name, _ in _NEEDED:
            asked.config_get(name)  # one at a time: of several together only Redis 7 tells
        return {name: value for each in await asked.execute() for name, value in each.items()}

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _range(self, after: int) -> list[bytes]:
        found: list[bytes] = await _answer(self._client.lrange(KEY, after, after + PAGE - 1))
        return found


class _Unreachable(JournalError):
    """Nobody is at the other end of the connection."""


class _Refused(JournalError):
    """Redis answers with an error."""


async def _answer(asked: Any) -> Any:
    """Return what Redis answers. Raises JournalError, in words of ours: those of Redis may hold a user's name."""
    try:
        return await asked
    except RedisTimeoutError:
        raise JournalError(f"the journal's Redis does not answer within {PATIENCE_SECONDS:g} s") from None
    except (AuthenticationError, AuthorizationError):
        raise JournalError("the journal's Redis wants another user name or password") from None
    except BusyLoadingError:
        raise JournalError("the journal's Redis is still reading its disk") from None
    except RedisConnectionError:
        raise _Unreachable("the journal's Redis cannot be reached") from None
    except RedisError as error:
        said = f"{type(error).__name__} {error}"
        why = next((why for word, why in _REFUSALS.items() if re.search(word, said)), "an error of its own")
        raise _Refused(f"the journal's Redis refuses: {why}") from None
