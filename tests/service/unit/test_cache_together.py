"""Look-ups made together, and entries written behind the answer."""

import asyncio
from collections.abc import Sequence

import pytest

from service.cache import together
from service.cache.together import Together, Values
from service.cache.written import WriteBehind
from tests.service.unit.held import HeldStore

pytestmark = pytest.mark.usefixtures("no_lost_errors")

A, B, C, D = (bytes([i]) for i in b"abcd")


class Asked:
    """A look-up that answers each key with itself, when `open`."""

    def __init__(self) -> None:
        self.calls: list[list[bytes]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.error: Exception | None = None

    async def __call__(self, keys: Sequence[bytes]) -> Values:
        self.calls.append(list(keys))
        await self.open.wait()
        if self.error:
            raise self.error
        return [key * 2 for key in keys]


async def rounds(n: int = 5) -> None:
    for _ in range(n):
        await asyncio.sleep(0)


async def test_what_is_asked_at_once_is_looked_up_at_once():
    asked = Asked()
    reads = Together(asked)
    answers = await asyncio.gather(reads.ask([A, B]), reads.ask([C]), reads.ask([A]))
    assert answers == [[A * 2, B * 2], [C * 2], [A * 2]]
    assert asked.calls == [[A, B, C, A]]


async def test_what_is_asked_meanwhile_goes_together_next():
    asked = Asked()
    reads = Together(asked)
    asked.open.clear()
    first = reads.ask([A])
    await rounds()
    others = [reads.ask([B]), reads.ask([C, D])]
    await rounds()
    asked.open.set()
    assert await asyncio.gather(first, *others) == [[A * 2], [B * 2], [C * 2, D * 2]]
    assert asked.calls == [[A], [B, C, D]]


async def test_after_a_pause_it_goes_on():
    asked = Asked()
    reads = Together(asked)
    for key in (A, B):
        assert await reads.ask([key]) == [key * 2]
        await rounds()
    assert asked.calls == [[A], [B]]


async def test_what_nobody_waits_for_is_not_looked_up():
    asked = Asked()
    reads = Together(asked)
    asked.open.clear()
    first = reads.ask([A])
    await rounds()
    gone, stays = reads.ask([B]), reads.ask([C])
    gone.cancel()
    asked.open.set()
    assert await asyncio.gather(first, stays) == [[A * 2], [C * 2]]
    assert asked.calls == [[A], [C]]


async def test_one_that_leaves_half_way_does_not_shift_the_others_answers():
    asked = Asked()
    reads = Together(asked)
    asked.open.clear()
    gone, stays = reads.ask([A, B]), reads.ask([C])
    await rounds()
    gone.cancel()
    asked.open.set()
    assert await stays == [C * 2]
    assert asked.calls == [[A, B, C]]


async def test_a_failure_is_told_to_all_and_the_next_is_looked_up():
    asked = Asked()
    reads = Together(asked)
    asked.error = OSError("gone")
    found = await asyncio.gather(reads.ask([A]), reads.ask([B]), return_exceptions=True)
    assert found == [asked.error] * 2
    asked.error = None
    assert await reads.ask([C]) == [C * 2]


async def test_a_failure_with_nobody_left_to_hear_it_is_no_trouble():
    asked = Asked()
    reads = Together(asked)
    asked.open.clear()
    asked.error = OSError("gone")
    answers = [reads.ask([A]), reads.ask([B])]
    await rounds()
    answers[0].cancel()
    asked.open.set()
    await rounds()
    assert answers[1].done()


async def test_a_look_up_is_bounded_but_takes_a_request_whole(monkeypatch):
    monkeypatch.setattr(together, "MOST_KEYS", 3)
    asked = Asked()
    reads = Together(asked)
    requests = [[A, B], [C], [D], [A, B, C, D, A], [B]]
    answers = await asyncio.gather(*(reads.ask(keys) for keys in requests))
    assert answers == [[key * 2 for key in keys] for keys in requests]
    assert asked.calls == [[A, B, C], [D], [A, B, C, D, A], [B]]


async def test_closing_gives_up_what_is_under_way():
    asked = Asked()
    reads = Together(asked)
    await reads.close()
    asked.open.clear()
    answer = reads.ask([A])
    await rounds()
    await asyncio.wait_for(reads.close(), 30)
    assert not answer.done()


async def test_entries_of_one_moment_are_put_together():
    store = HeldStore()
    written = WriteBehind(store)
    written.put(A, b"1")
    written.put(B, b"2")
    await written.close()
    assert store.puts == [{A: b"1", B: b"2"}]


async def test_entries_of_a_slow_put_are_put_together_after_it():
    store = HeldStore()
    written = WriteBehind(store)
    store.writable.clear()
    written.put(A, b"1")
    await rounds()
    for key in (B, C, D):
        written.put(key, b"2")
        await rounds()
    assert store.puts == [{A: b"1"}]
    store.writable.set()
    await written.close()
    assert store.puts == [{A: b"1"}, {B: b"2", C: b"2", D: b"2"}]
    assert store.kept.keys() == {A, B, C, D}


async def test_what_a_request_asked_redis_for_that_was_given_up_is_not_looked_up(open_redis, redis_server, redis_url):
    store = open_redis(redis_url, timeout_ms=20_000)
    with redis_server.client() as client:
        client.config_resetstat()
        first = asyncio.create_task(store.get([A]))
        await rounds()  # its look-up is under way, by a connection that is yet to be opened
        gone = asyncio.create_task(store.get([B]))
        await asyncio.sleep(0)
        gone.cancel()
        assert (await first, await store.get([C])) == ([None], [None])
        assert client.info("commandstats")["cmdstat_mget"]["calls"] == 2
    assert gone.cancelled()


async def test_a_store_that_hangs_does_not_keep_the_process_from_ending(monkeypatch):
    store = HeldStore()
    written = WriteBehind(store)
    await written.close()
    store.writable.clear()
    written.put(A, b"1")
    await asyncio.wait_for(written.close(), 30)
    assert store.kept == {}
