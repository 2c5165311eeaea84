"""What every store keeps, in memory or in Redis; what none does; and the bounds of the one in memory."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial
from itertools import pairwise

import pytest

from service.cache.memory import MemoryStore
from service.cache.opened import open_store
from service.cache.redis import RedisStore
from service.cache.store import NoStore, Store
from service.cache.tiers import TieredStore
from service.configuration.settings import CacheKind, Settings
from service.metrics import Metrics
from tests.service.unit.held import Clock
from tests.service.unit.session import sample

KINDS = {CacheKind.OFF: NoStore, CacheKind.MEMORY: MemoryStore, CacheKind.REDIS: TieredStore}
ONE, TWO, THREE = (bytes([i]) * 32 for i in (1, 2, 3))


async def opened_store(kind: CacheKind, redis_url: str, metrics: Metrics) -> Store:
    # A timeout that a busy machine does not run into.
    return await open_store(Settings(cache=kind, redis_url=redis_url, redis_timeout_ms=20_000), metrics)


@pytest.fixture(params=["memory", "redis", "tiers", "tiers, nothing near"])
async def store(request: pytest.FixtureRequest, redis_url: str, metrics: Metrics) -> AsyncIterator[Store]:
    store: Store
    if request.param == "redis":
        store = RedisStore(redis_url, 86_400, 20_000, metrics)
    elif request.param == "tiers, nothing near":
        store = TieredStore(NoStore(), RedisStore(redis_url, 86_400, 20_000, metrics))
    else:
        kind = CacheKind.MEMORY if request.param == "memory" else CacheKind.REDIS
        store = await opened_store(kind, redis_url, metrics)
    yield store
    assert metrics.registry.get_sample_value("tidegate_cache_total", {"result": "error"}) in (None, 0)
    await store.close()


@pytest.mark.parametrize("kind", CacheKind)
async def test_the_settings_choose_the_store(kind, redis_url, metrics):
    store = await opened_store(kind, redis_url, metrics)
    assert type(store) is KINDS[kind]
    await store.close()


async def test_what_was_put_is_got(store):
    await store.put({ONE: b"first", TWO: b"second"})
    assert await store.get([ONE]) == [b"first"]
    assert await store.get([TWO, ONE]) == [b"second", b"first"]


async def test_a_missing_key_is_none_in_its_place(store):
    assert await store.get([ONE, TWO]) == [None, None]
    await store.put({TWO: b"second"})
    assert await store.get([ONE, TWO, THREE]) == [None, b"second", None]


async def test_a_key_asked_twice_is_answered_twice(store):
    await store.put({ONE: b"first"})
    assert await store.get([ONE, TWO, ONE]) == [b"first", None, b"first"]


async def test_nothing_asked_or_put_is_nothing(store):
    assert await store.get([]) == []
    await store.put({})
    assert await store.get([ONE]) == [None]


@pytest.mark.parametrize(
    "value", [b"", b"\x00", bytes(range(256)), b"\r\n$-1\r\n", b"\xff" * 100_000], ids=lambda value: str(len(value))
)
async def test_values_come_back_byte_for_byte(store, value):
    await store.put({ONE: value})
    assert await store.get([ONE]) == [value]


@pytest.mark.parametrize("key", [b"\x00" * 32, b"\r\n" * 16, b"\xff" * 32, b"*" * 32])
async def test_keys_are_bytes_without_meaning(store, key):
    await store.put({key: b"value"})
    assert await store.get([key, key[:-1], key + b"\x00", key[:-1] + b"?"]) == [b"value", None, None, None]


async def test_a_value_is_replaced(store):
    await store.put({ONE: b"old", TWO: b"second"})
    await store.put({ONE: b"new"})
    assert await store.get([ONE, TWO]) == [b"new", b"second"]


async def test_many_keys_at_once(store):
    entries = {i.to_bytes(32, "big"): str(i).encode() for i in range(3000)}
    await store.put(entries)
    assert await store.get(list(entries)) == list(entries.values())


async def test_requests_at_the_same_time_get_their_own_values(store):
    entries = {i.to_bytes(32, "big"): str(i).encode() for i in range(300)}
    await store.put(entries)
    keys = list(entries)
    asked = [keys[i : i + i % 7] for i in range(290)]
    answers = await asyncio.gather(*(store.get(each) for each in asked))
    assert answers == [[entries[key] for key in each] for each in asked]


async def test_off_keeps_nothing():
    store = NoStore()
    await store.put({ONE: b"first"})
    assert await store.get([ONE, TWO]) == [None, None]
    await store.close()


class Asked(MemoryStore):
    """Remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__(10, 1000)
        self.asked: list[bytes] = []

    async def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        self.asked += keys
        return await super().get(keys)


async def test_the_far_store_is_asked_only_for_what_the_near_one_lacks_and_once():
    near, far = Asked(), Asked()
    store = TieredStore(near, far)
    await near.put({ONE: b"1"})
    await far.put({TWO: b"2"})
    assert await store.get([ONE, TWO, THREE]) == [b"1", b"2", None]
    assert far.asked == [TWO, THREE]
    assert await store.get([TWO, ONE]) == [b"2", b"1"]
    assert far.asked == [TWO, THREE]
    await store.put({THREE: b"3"})
    assert await near.get([THREE]) == await far.get([THREE]) == [b"3"]


async def test_what_is_copied_from_redis_lives_a_tenth_of_the_time_and_is_asked_for_again(
    redis_server, redis_url, metrics, monkeypatch
):
    clock = Clock()
    monkeypatch.setattr("service.cache.opened.MemoryStore", partial(MemoryStore, clock=clock))
    settings = Settings(cache=CacheKind.REDIS, redis_url=redis_url, redis_timeout_ms=20_000, cache_ttl_seconds=1000)
    here, there = await open_store(settings, metrics), await open_store(settings, metrics)
    await there.put({ONE: b"first"})
    assert await here.get([ONE]) == [b"first"]
    clock.now += 101
    assert await here.get([ONE]) == await there.get([ONE]) == [b"first"]
    redis_server.client().flushall()  # its time is up there
    clock.now += 89
    assert await here.get([ONE]) == [b"first"]
    clock.now += 12
    assert await here.get([ONE]) == await there.get([ONE]) == [None]
    await here.close()
    await there.close()


async def test_what_makes_room_is_counted_and_what_has_ended_is_not(metrics):
    clock = Clock()
    store = MemoryStore(2, 100, clock, metrics.evicted)
    await store.put({ONE: b"1", TWO: b"2"})
    await store.put({ONE: b"again"})
    assert sample(metrics, "tidegate_cache_evicted_total") == 0
    await store.put({THREE: b"3"})
    assert sample(metrics, "tidegate_cache_evicted_total") == 1
    clock.now += 1000
    await store.put({ONE: b"1", TWO: b"2"})
    assert sample(metrics, "tidegate_cache_evicted_total") == 1


async def test_memory_keeps_the_most_recently_used():
    store = MemoryStore(3, 1000)
    await store.put({ONE: b"1", TWO: b"2", THREE: b"3"})
    await store.get([ONE])
    await store.put({b"4" * 32: b"4"})
    assert await store.get([ONE, TWO, THREE, b"4" * 32]) == [b"1", None, b"3", b"4"]


async def test_memory_is_bounded_within_one_put():
    store = MemoryStore(10, 1000)
    keys = [i.to_bytes(32, "big") for i in range(100)]
    await store.put(dict.fromkeys(keys, b"x"))
    assert [value is not None for value in await store.get(keys)] == [False] * 90 + [True] * 10


async def test_memory_forgets_after_the_time_to_live_less_a_jitter():
    clock = Clock()
    store = MemoryStore(1000, 100, clock)
    keys = [i.to_bytes(32, "big") for i in range(200)]
    await store.put(dict.fromkeys(keys, b"x"))

    async def kept() -> int:
        return sum(value is not None for value in await store.get(keys))

    left = []
    for clock.now in (1089.9, 1092.5, 1095.0, 1097.5, 1100.1):
        left.append(await kept())
    assert (left[0], left[-1]) == (200, 0)
    assert all(before > after for before, after in pairwise(left)), "they end all at once"


async def test_memory_keeps_a_replaced_value_for_a_whole_life():
    clock = Clock()
    store = MemoryStore(10, 100, clock)
    await store.put({ONE: b"old"})
    clock.now += 80
    await store.put({ONE: b"new"})
    clock.now += 80
    assert await store.get([ONE]) == [b"new"]
