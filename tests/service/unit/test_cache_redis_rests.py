"""How long Redis is left alone after a failure, and that a slow connection is not cut off."""

import asyncio
import time

import pytest

from service.cache.redis import KEY_PREFIX, REST_SECONDS
from tests.running import free_port
from tests.service.unit.test_cache import ONE
from tests.service.unit.test_cache_redis import errors, misses_soon, until_found


class Door:
    """A port before Redis: counts who comes, and lets them in when `open` is set, or slams when `slams`."""

    def __init__(self, behind: int | None = None) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.came = 0
        self.open = asyncio.Event()
        self._behind = behind

    async def __aenter__(self) -> "Door":
        self._server = await asyncio.start_server(self._came, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _came(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.came += 1
        if self._behind is not None:
            await self.open.wait()
            inside, outside = await asyncio.open_connection("127.0.0.1", self._behind)
            await asyncio.gather(self._pass(reader, outside), self._pass(inside, writer))
        writer.close()
        await writer.wait_closed()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
        writer.close()


async def test_after_a_failure_redis_rests_and_each_rest_is_longer_up_to_a_bound(open_redis, clock):
    async with Door() as door:
        store = open_redis(door.url, timeout_ms=20_000)
        await misses_soon(store)
        began, rests = clock.now, []
        while len(rests) < 8:
            came = door.came
            clock.now += 0.005
            await misses_soon(store)
            if door.came > came:
                rests.append(clock.now - began)
                began = clock.now
    assert rests == pytest.approx([0.01, 0.02, 0.04, 0.08, 0.16, 0.32, REST_SECONDS, REST_SECONDS], abs=0.006)


async def test_a_success_ends_the_lengthening(open_redis, own_redis, clock):
    store = open_redis(own_redis.url, timeout_ms=20_000)
    own_redis.stop()
    for _ in range(5):
        await misses_soon(store)
        clock.now += REST_SECONDS
    await asyncio.to_thread(own_redis.start)
    await until_found(store, clock, {ONE: b"first"})
    own_redis.stop()
    await misses_soon(store)
    await asyncio.to_thread(own_redis.start)
    own_redis.client().set(KEY_PREFIX + ONE, b"second")
    assert await store.get([ONE]) == [None]
    clock.now += 0.0101
    assert await store.get([ONE]) == [b"second"]


async def test_requests_that_fail_together_are_one_failure(open_redis, clock):
    async with Door() as door:
        store = open_redis(door.url, timeout_ms=20_000)
        await asyncio.gather(*(store.get([ONE]) for _ in range(50)))
        assert door.came == 1
        clock.now += 0.0101
        await store.get([ONE])
        assert door.came == 2


async def test_while_it_rests_every_look_up_is_a_counted_error(open_redis, metrics):
    async with Door() as door:
        store = open_redis(door.url, timeout_ms=20_000)
        for _ in range(5):
            await misses_soon(store)
        await store.put({ONE: b"first"})
        assert door.came == 1
    assert errors(metrics) == 6


async def test_a_connection_that_opens_slower_than_a_request_waits_is_open_for_the_next(open_redis, own_redis, clock):
    async with Door(own_redis.port) as door:
        store = open_redis(door.url)
        await misses_soon(store)
        while not door.came:  # noqa: ASYNC110  # the count is all there is to see
            await asyncio.sleep(0.001)
        door.open.set()
        own_redis.client().set(KEY_PREFIX + ONE, b"first")
        end = time.monotonic() + 30
        while await store.get([ONE]) != [b"first"]:
            assert time.monotonic() < end
            clock.now += REST_SECONDS
            await asyncio.sleep(0.01)
        assert door.came == 1
        await store.close()
