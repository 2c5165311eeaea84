"""Lines in a Redis stream, which all replicas share: one entry a line, under the field FIELD."""

from collections.abc import Sequence

from service.decisions.sink import PartlyWritten
from service.redis_clients import for_thread

STREAM = "tidegate:decisions"
FIELD = b"d"
# Redis trims by entries, not by bytes: so many are taken to be a megabyte.
ENTRIES_A_MB = 2000
CLIENT = "tidegate-decisions"
_DAY_MS = 86_400_000
_TRIM_EVERY = 60


class Stream:
    """A sink that adds to a stream and lets go of its oldest entries. For one thread, which it blocks."""

    def __init__(self, url: str, total_mb: int, days: int) -> None:
        """Raises ValueError for a URL that cannot be read. Redis is not contacted yet."""
        self._client = for_thread(url, CLIENT)
        self._most = total_mb * ENTRIES_A_MB
        self._days_ms = days * _DAY_MS
        self._doubted = True
        self._tended = 0

    def write(self, lines: Sequence[bytes]) -> None:
        """Add the lines in one round trip. Raises RedisError, and PartlyWritten where some may be there."""
        if self._doubted:
            self._client.ping()  # what fails here has written nothing
        pipeline = self._client.pipeline(transaction=False)
        for line in lines:
            pipeline.xadd(STREAM, {FIELD: line}, maxlen=self._most, approximate=True)
        self._doubted = True
        try:
            pipeline.execute()
        except Exception as error:
            raise PartlyWritten from error
        self._doubted = False

    def tend(self) -> None:
        """Once a minute, let go of what is older than the days; after a failure, look whether Redis is there again.

        Raises RedisError.
        """
        if self._doubted:
            self._client.ping()
        self._tended += 1
        if self._tended % _TRIM_EVERY == 1:
            seconds, microseconds = self._client.time()
            oldest = 1000 * seconds + microseconds // 1000 - self._days_ms
            self._client.xtrim(STREAM, minid=max(0, oldest), approximate=True)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()
