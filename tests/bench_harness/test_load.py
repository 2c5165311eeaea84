"""An open loop asks as often as it should, whatever the service does; a closed one keeps so many requests under way."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from tests.bench import load
from tests.bench.load import Job, Load, Shape
from tests.bench.tally import Result
from tests.bench_harness.answering import Answering
from tests.service.unit.held import Clock

# Of requests a second, over twentieths of a second.
RATE = 400.0


@pytest.fixture
async def server() -> AsyncIterator[Answering]:
    async with Answering() as answering:
        yield answering


async def ran(made: Load) -> Result:
    """Run it; one that waits for what never comes fails."""
    async with asyncio.timeout(20):
        return await made.run()


class Noted(Load):
    """Notes when its requests were due."""

    def __init__(self, job: Job, clock: Callable[[], float]) -> None:
        super().__init__(job, clock)
        self.dues: list[float] = []

    def send(self, connection: load.Connection, due: float) -> None:
        self.dues.append(due)
        super().send(connection, due)


async def test_an_open_loop_does_not_wait_for_answers(server):
    enough = asyncio.Event()

    async def when_ten_have_come(body: bytes) -> int:
        if len(server.bodies) == 10:
            enough.set()
        await enough.wait()
        return 200

    server.answer = when_ten_have_come
    result = await ran(Load(server.job(rate=RATE)))
    assert server.most >= 10
    assert result.answered == {"200": round(result.offered * 0.05)}


async def test_arrivals_are_the_same_however_long_the_service_takes(server):
    async def after_all(body: bytes) -> int:
        await asyncio.sleep(0.1)
        return 200

    fast, slow = (Noted(server.job(rate=RATE, seconds=0.02), Clock()) for _ in range(2))
    await ran(fast)
    server.answer = after_all
    await ran(slow)
    assert fast.dues == slow.dues
    gaps = [after - before for before, after in zip([1000.0, *fast.dues], fast.dues, strict=False)]
    assert min(gaps) > 0
    assert len({round(gap, 6) for gap in gaps}) == len(gaps)  # at random, not one a tick


async def test_what_waits_for_a_connection_has_been_due_all_the_while(server, monkeypatch):
    free, clock = Noted(server.job(rate=RATE), Clock()), Clock()
    await ran(free)
    monkeypatch.setattr(load, "MOST_CONNECTIONS", 1)
    stalled = Noted(server.job(rate=RATE), clock)
    server.most = 0

    async def when_five_wait(body: bytes) -> int:
        while len(stalled.waiting) < 5 and clock.now == 1000:  # noqa: ASYNC110  # there is no event for it
            await asyncio.sleep(0.001)
        clock.now = 1010
        return 200

    server.answer = when_five_wait
    result = await ran(stalled)
    assert server.most == 1
    # Each was sent, and answered, at the same moment: what counts is how long before it should have been.
    assert stalled.dues == free.dues
    due = [each for each in free.dues if each < 1000.05]
    assert result.answered == {"200": len(due)}
    assert result.p99 == pytest.approx(1000 * (1010 - min(due)), abs=0.002)
    assert result.p50 >= 1000 * (1010 - 1000.05)


async def test_a_closed_loop_keeps_as_many_under_way_as_it_has_connections(server):
    async def soon(body: bytes) -> int:
        await asyncio.sleep(0.001)
        return 200

    server.answer = soon
    result = await ran(Load(server.job(connections=3)))
    assert server.most == 3
    assert [*result.answered] == ["200"]
    assert result.sent == 1 + len(server.bodies)


async def test_a_closed_loop_ends_with_nothing_under_way(server):
    """Also when the wait for its end is over before its clock says so, and the next request is sent."""
    clock = Clock()

    async def for_long(body: bytes) -> int:
        if len(server.bodies) == 500:
            clock.now += 1
        return 200

    server.answer = for_long
    result = await ran(Load(server.job(seconds=0.01), clock))
    assert result.answered == {"200": 499}  # the last one came when the time was over
    assert len(server.bodies) == 500


async def test_new_texts_are_new_and_come_in_turn(server):
    await ran(Load(server.job(first=7)))
    numbers = [int(body.split()[0]) for body in server.bodies]
    assert numbers == [*range(7, 7 + len(numbers))]
    assert [body.split()[1] for body in server.bodies[:4]] == [b"one", b"two", b"three", b"one"]


async def test_repeated_texts_are_those_that_are_known(server):
    await ran(Load(server.job(repeated=1.0, known=2)))
    assert set(server.bodies) == {b"0 three", b"0 one"}


async def test_half_of_the_texts_are_known(server):
    await ran(Load(server.job(repeated=0.5, known=2)))
    known = [body for body in server.bodies if body.startswith(b"0 ")]
    new = [body for body in server.bodies if not body.startswith(b"0 ")]
    assert known
    assert len(set(new)) == len(new) > 0


async def test_a_text_is_escaped_and_its_pieces_are_joined(server):
    shape = Shape("/", '{"texts":["', '","', '"]}')
    await ran(Load(server.job(shape=shape, texts=[['say "so"', "é\n"]])))
    assert server.bodies[0] == '{"texts":["1 say \\"so\\"","é\\n"]}'.encode()


async def test_statuses_are_counted_and_a_connection_that_breaks_is_one(server):
    async def in_turn(body: bytes) -> int:
        return (200, 429, 503, 0)[len(server.bodies) % 4]

    server.answer = in_turn
    result = await ran(Load(server.job(rate=RATE)))
    assert {*result.answered} == {"200", "429", "503", "0"}
    assert sum(result.answered.values()) == pytest.approx(result.offered * 0.05)
    assert result.rate == pytest.approx(result.answered["200"] / 0.05)
