"""How tidegate opens Redis: it gives up soon, tries nothing twice, and says who it is.

Whoever asks decides what a failure means. Neither client contacts Redis before it is used.
"""

from redis import DriverInfo, Redis
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from service.version import VERSION

# Of a connection that opens, and of an answer; a request that wants a score waits less.
PATIENCE_SECONDS = 1.0
# Left out, each new connection reads the client's version from disk, in the event loop.
_DRIVER = DriverInfo("tidegate", VERSION)


def for_loop(url: str, name: str) -> AsyncRedis:
    """Return a client for one event loop, by its name at Redis. Raises ValueError for a URL that cannot be read."""
    return AsyncRedis.from_url(
        url,
        protocol=3,
        socket_timeout=PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
        retry=AsyncRetry(NoBackoff(), 0),
        client_name=name,
        driver_info=_DRIVER,
    )


def for_thread(url: str, name: str) -> Redis:
    """Return a client that blocks, by its name at Redis. Raises ValueError for a URL that cannot be read."""
    return Redis.from_url(
        url,
        socket_timeout=PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 0),
        client_name=name,
        driver_info=_DRIVER,
    )
