"""Open the store that the settings ask for, with the secret its keys are made with."""

import logging
import secrets

from service.cache.memory import MemoryStore
from service.cache.record import Keys
from service.cache.redis import RedisStore
from service.cache.store import NoStore, Store
from service.cache.tiers import TieredStore
from service.configuration.settings import CacheKind, Settings
from service.metrics import Metrics

# Of the time scores are kept. Redis does not say how old its answer is, which would cost a second question: what memory
# has copied from there may outlive it by this much, at most.
NEAR_SHARE = 0.1
_log = logging.getLogger("tidegate.cache")


async def open_store(settings: Settings, metrics: Metrics) -> Store:
    """Return the store, once Redis has been greeted where it is one; that may be down."""
    match settings.cache_kind:
        case CacheKind.OFF:
            return NoStore()
        case CacheKind.MEMORY:
            return MemoryStore(settings.cache_entries, settings.cache_ttl_seconds, evicted=metrics.evicted)
        case CacheKind.REDIS:
            near = MemoryStore(settings.cache_entries, NEAR_SHARE * settings.cache_ttl_seconds, evicted=metrics.evicted)
            far = RedisStore(settings.redis_url, settings.cache_ttl_seconds, settings.redis_timeout_ms, metrics)
            await far.connect()
            return TieredStore(near, far)


def make_keys(settings: Settings, bundle_digest: str) -> Keys:
    """Return the keys of a bundle. Without a secret: a random one in memory, a well-known one in Redis."""
    if settings.cache_secret:
        return Keys(settings.cache_secret.encode(), bundle_digest)
    if settings.cache_kind is CacheKind.REDIS:
        _log.warning("TIDEGATE_CACHE_SECRET is not set: whoever can read Redis can test guesses of a text")
        return Keys(b"tidegate", bundle_digest)
    return Keys(secrets.token_bytes(32), bundle_digest)
