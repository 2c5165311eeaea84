"""Redis as it is in production: down, killed, paused, full, slow to open. Never an error, never a long wait."""

import asyncio
import logging
import time
from collections.abc import Coroutine
from typing import Any

from redis import Redis

from models.encode import Item
from service.cache.redis import KEY_PREFIX, REST_SECONDS, RedisStore
from service.metrics import Metrics
from taxonomy.categories import Role
from tests.running import free_port, until
from tests.service.unit.held import Clock
from tests.service.unit.session import sample
from tests.service.unit.test_cache import ONE, THREE, TWO

# The timeout that is tested, and how often it may pass.
TIMEOUT_SECONDS, SOON = 0.02, 50


async def soon(work: Coroutine[Any, Any, Any]) -> Any:
    """Return what comes of it. Raises AssertionError where as many timeouts pass first, one after the other.

    Where the machine stands still for a second, no more than one of them passes.
    """
    task = asyncio.create_task(work)
    for _ in range(SOON):
        await asyncio.wait({task}, timeout=TIMEOUT_SECONDS)
        if task.done():
            return task.result()
    task.cancel()
    raise AssertionError("it takes long")


async def misses_soon(store: RedisStore) -> None:
    """Assert that a look-up finds nothing, and does not take long over it."""
    assert await soon(store.get([ONE, TWO])) == [None, None]


async def until_found(store: RedisStore, clock: Clock, wanted: dict[bytes, bytes]) -> None:
    """Put and get, past rest after rest, until Redis is used again."""
    end = time.monotonic() + 30
    while await store.get(list(wanted)) != list(wanted.values()):
        assert time.monotonic() < end, "not used again"
        clock.now += REST_SECONDS
        await store.put(wanted)
        await asyncio.sleep(0.01)


def errors(metrics: Metrics) -> float:
    return metrics.registry.get_sample_value("tidegate_cache_total", {"result": "error"}) or 0.0


async def test_down_at_the_start(open_redis, metrics):
    store = open_redis(f"redis://127.0.0.1:{free_port()}/0")
    await misses_soon(store)
    await misses_soon(store)
    await store.put({ONE: b"first"})
    assert errors(metrics) == 3


async def test_a_connection_may_open_more_slowly_than_a_request_would_wait(open_redis, own_redis, metrics):
    store = open_redis(own_redis.url)
    own_redis.pause()
    connecting = asyncio.create_task(store.connect())
    await asyncio.wait({connecting}, timeout=3 * TIMEOUT_SECONDS)
    assert not connecting.done()
    own_redis.resume()
    await connecting
    assert errors(metrics) == 0


async def test_a_look_up_opens_no_connection_once_it_has_one(open_redis, redis_url, redis_server):
    store = open_redis(redis_url, timeout_ms=20_000)
    with redis_server.client() as client:

        def opened() -> int:
            return client.info("stats")["total_connections_received"]

        before = opened()
        await store.connect()
        assert opened() == before + 1
        await store.put({ONE: b"first"})
        assert opened() == before + 2
        await asyncio.gather(store.put({ONE: b"second"}), store.get([ONE]), store.get([TWO]))
        assert opened() == before + 2


async def test_killed_and_started_again(open_redis, own_redis, clock, metrics):
    store = open_redis(own_redis.url, timeout_ms=20_000)
    await until_found(store, clock, {ONE: b"first"})
    assert errors(metrics) == 0
    own_redis.stop()
    for _ in range(3):
        await misses_soon(store)
        clock.now += REST_SECONDS
    await store.put({ONE: b"lost"})
    assert errors(metrics) >= 3
    await asyncio.to_thread(own_redis.start)
    await until_found(store, clock, {ONE: b"second"})


async def test_paused_and_resumed(open_redis, own_redis, clock, metrics):
    store = open_redis(own_redis.url)
    await until_found(store, clock, {ONE: b"first", TWO: b"second", THREE: b"third"})
    before = errors(metrics)
    own_redis.pause()
    for _ in range(5):
        await misses_soon(store)
        clock.now += REST_SECONDS
    assert errors(metrics) == before + 5
    own_redis.resume()
    end = time.monotonic() + 30
    # What the paused one still owes must not be taken for the answer to another question.
    while (found := await store.get([THREE])) == [None]:
        assert time.monotonic() < end
        clock.now += REST_SECONDS
        await asyncio.sleep(0.01)
    assert found == [b"third"]
    for key, value in ((ONE, b"first"), (TWO, b"second")):
        while (found := await store.get([key])) == [None]:
            assert time.monotonic() < end
            clock.now += REST_SECONDS
        assert found == [value]


async def test_a_request_that_leaves_while_redis_hangs_leaves_no_answer_to_the_next(open_redis, own_redis, clock):
    store = open_redis(own_redis.url, timeout_ms=20_000)
    await until_found(store, clock, {ONE: b"first", TWO: b"second"})
    own_redis.pause()
    leaving = asyncio.create_task(store.get([ONE]))
    await asyncio.sleep(0.01)
    leaving.cancel()
    await asyncio.wait([leaving])
    own_redis.resume()
    assert await store.get([TWO]) == [b"second"]


def work_elsewhere(seconds: float) -> None:
    """Keep the event loop from its turns."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


async def looked_up(client: Redis) -> None:
    """Wait until Redis has been asked, and has answered: the loop has not read it."""
    client.config_resetstat()
    while "cmdstat_mget" not in client.info("commandstats"):  # noqa: ASYNC110  # the count is all there is to see
        await asyncio.sleep(0)


async def test_a_loop_that_is_late_is_not_taken_for_a_redis_that_is(open_redis, redis_url, redis_server, metrics):
    store = open_redis(redis_url)
    await store.connect()
    with redis_server.client() as client:
        client.set(KEY_PREFIX + ONE, b"first")
        looking = asyncio.create_task(store.get([ONE]))
        await looked_up(client)
    assert not looking.done()
    work_elsewhere(2 * TIMEOUT_SECONDS)
    assert await looking == [b"first"]
    assert errors(metrics) == 0


async def test_what_had_to_wait_for_the_look_up_before_has_the_whole_time(open_redis, own_redis, metrics):
    store = open_redis(own_redis.url, timeout_ms=500)
    await store.connect()
    with own_redis.client() as client:
        client.mset({KEY_PREFIX + ONE: b"first", KEY_PREFIX + TWO: b"second"})
        looking = asyncio.create_task(store.get([ONE]))
        await looked_up(client)
        behind = asyncio.create_task(store.get([TWO]))
        await asyncio.sleep(0)
        assert client.info("commandstats")["cmdstat_mget"]["calls"] == 1
    own_redis.pause()
    work_elsewhere(0.6)
    assert await looking == [b"first"]
    for _ in range(20):
        await asyncio.sleep(0)
    own_redis.resume()
    assert await behind == [b"second"]
    assert errors(metrics) == 0


async def test_a_full_redis_is_still_read(open_redis, own_redis, clock, metrics):
    store = open_redis(own_redis.url, timeout_ms=20_000)
    await until_found(store, clock, {ONE: b"first"})
    own_redis.client().config_set("maxmemory", "1")
    await store.put({TWO: b"second"})
    assert errors(metrics) == 1
    assert await store.get([ONE, TWO]) == [b"first", None]
    assert errors(metrics) == 1


async def test_a_wrong_password_is_a_miss(open_redis, own_redis, metrics):
    own_redis.client().config_set("requirepass", "s3cret")
    store = open_redis(own_redis.url, timeout_ms=20_000)
    await misses_soon(store)
    assert errors(metrics) == 1


async def test_a_value_of_another_type_under_our_key_is_a_miss(open_redis, redis_url, redis_server, metrics):
    redis_server.client().rpush(KEY_PREFIX + ONE, b"a list")
    store = open_redis(redis_url, timeout_ms=20_000)
    await store.put({TWO: b"second"})
    assert await store.get([ONE, TWO]) == [None, b"second"]
    assert errors(metrics) == 0


async def test_entries_end_after_the_time_to_live_less_a_jitter(open_redis, redis_url, redis_server):
    store = open_redis(redis_url, ttl_seconds=1000, timeout_ms=20_000)
    keys = [i.to_bytes(32, "big") for i in range(200)]
    await store.put(dict.fromkeys(keys, b"x"))
    client = redis_server.client()
    lives = [client.pttl(KEY_PREFIX + key) for key in keys]
    assert all(850_000 < life <= 1_000_000 for life in lives)
    assert max(lives) - min(lives) > 50_000


async def test_an_outage_is_logged_once_a_minute_and_without_the_url(open_redis, clock, caplog):
    store = open_redis(f"redis://user:s3cret@127.0.0.1:{free_port()}/0", timeout_ms=20_000)
    with caplog.at_level(logging.INFO, "tidegate.cache"):
        for _ in range(59):
            await store.get([ONE])
            clock.now += 1
        assert caplog.messages == ["redis failed (ConnectionError); texts are scored instead"]
        clock.now += 1
        await store.get([ONE])
    assert len(caplog.messages) == 2


async def test_redis_holds_hashes_and_numbers_and_no_text(make_scoring, open_redis, redis_url, redis_server, opened):
    store = open_redis(redis_url, timeout_ms=20_000)
    scoring = make_scoring(store)
    words = ["hateword", "weapon", "garden"]
    items = [Item(Role.TEXT, word) for word in words] + [Item(Role.RESPONSE, "garden", "weapon")]
    await scoring.score(items)
    client = redis_server.client()
    await asyncio.to_thread(until, lambda: client.dbsize() == 4)  # written behind the answer
    again = await scoring.score(items)
    assert [each.cached for each in again] == [True] * 4
    kept = {key: client.get(key) for key in client.scan_iter()}
    assert len(kept) == 4
    for key, value in kept.items():
        assert key.startswith(KEY_PREFIX)
        assert len(key) == len(KEY_PREFIX) + 32
        assert len(value) == 28 + 2 * opened.backend.width
        assert not any(word.encode() in key + value for word in words)


async def test_a_redis_that_fails_costs_no_answer(make_scoring, open_redis, metrics):
    scoring = make_scoring(open_redis(f"redis://127.0.0.1:{free_port()}/0"))
    for _ in range(2):
        (scored,) = await scoring.score([Item(Role.TEXT, "weapon")])
        assert scored.scores.unsafe > 0.9
        assert not scored.cached
    assert sample(metrics, "tidegate_cache_total", result="miss") == 2


async def test_closing_does_not_wait_for_a_paused_redis(open_redis, own_redis, clock):
    store = open_redis(own_redis.url)
    await until_found(store, clock, {ONE: b"first"})
    own_redis.pause()
    await misses_soon(store)
    await soon(store.close())
