"""Tenants at the batcher: a flood keeps nobody waiting, fills no more than its share, and leaves no name behind."""

import asyncio
import logging
import random

import pytest
from prometheus_client import generate_latest

from models.pool import Pooled
from service.errors import Overloaded, ScoringFailed
from tests.service.unit.session import logits_of, sample, text
from tests.service.unit.test_batcher import plugged

pytestmark = pytest.mark.usefixtures("no_lost_errors")

QUEUED = "tidegate_queued_tokens"
NAME = "who-asks"


@pytest.mark.parametrize("floods", [1, 3])
async def test_a_quiet_tenant_waits_for_one_batch_of_each_that_floods(make_batcher, session, floods):
    batcher = make_batcher(batch_tokens=100)
    plug = await plugged(batcher, session)
    flood = [
        future
        for i in range(floods)
        for future in batcher.submit([text(20, token=1000 * i + j) for j in range(50)], f"flood {i}")
    ]
    # Too long to go along with what the flood has.
    (quiet,) = batcher.submit([text(90, token=9000)], "quiet")
    session.gate.set()
    await asyncio.gather(plug, quiet, *flood)
    assert session.lengths().index([90]) == 1 + floods


async def test_a_prompt_waits_for_one_batch_of_another_tenants_document(make_batcher, session):
    batcher = make_batcher(batch_tokens=100)
    session.gate.clear()
    (document,) = batcher.submit([text(*[50] * 40, token=1000)], "long")
    await session.entered()
    prompts = [*batcher.submit([text(5, token=1)], "long"), *batcher.submit([text(6, token=2)], "short")]
    session.gate.set()
    await asyncio.gather(document, *prompts)
    # The other tenant leads first, and what is about as long goes along.
    assert session.lengths()[1][:2] == [6, 5]


async def test_a_flood_fills_half_of_the_queue_and_a_newcomer_is_let_in(make_batcher, session, metrics):
    batcher = make_batcher(max_queued_tokens=1001)
    plug = await plugged(batcher, session)
    flood = [batcher.submit([text(10, token=10 * i)], "flood")[0] for i in range(50)]
    with pytest.raises(Overloaded) as caught:
        batcher.submit([text(1)], "flood")
    assert str(caught.value) == "500 of your tokens are waiting, your share of the queue is 500"
    assert caught.value.headers == {"Retry-After": "1"}
    assert sample(metrics, "tidegate_refused_requests_total") == 1
    newcomers = batcher.submit([text(100, token=9000 + i) for i in range(5)], "newcomer")
    assert sample(metrics, QUEUED) == 1001
    session.gate.set()
    await asyncio.gather(plug, *flood, *newcomers)
    assert sample(metrics, QUEUED) == 0


async def test_what_is_scored_of_a_flood_makes_room_for_it(make_batcher, session):
    batcher = make_batcher(batch_tokens=50, max_queued_tokens=100)
    session.stepwise = True
    flood = batcher.submit([text(10, token=i) for i in range(5)], "flood")
    await session.entered()
    with pytest.raises(Overloaded):
        batcher.submit([text(10)], "flood")
    session.step()
    await asyncio.gather(*flood)
    flood = batcher.submit([text(10, token=i) for i in range(5)], "flood")
    session.release()
    await asyncio.gather(*flood)


async def test_no_tenant_is_remembered_when_nothing_waits(make_batcher, session):
    batcher = make_batcher(batch_tokens=50)
    plug = await plugged(batcher, session)
    futures = [batcher.submit([text(10, 30, token=100 * i)], f"tenant {i}")[0] for i in range(20)]
    gone, waited = futures[::2], futures[1::2]
    for future in gone:
        future.cancel()
    session.gate.set()
    await asyncio.gather(plug, *waited)
    assert (batcher._admission._by_tenant, batcher._inference._queue._lines, batcher._inference._queue._led) == (
        {},
        {},
        None,
    )


async def test_a_tenants_name_is_in_no_metric_log_or_message(make_batcher, session, metrics, caplog):
    batcher = make_batcher(max_queued_tokens=100)
    session.error = RuntimeError(NAME)
    with caplog.at_level(logging.DEBUG):
        found = await asyncio.gather(*batcher.submit([text(10)], NAME), return_exceptions=True)
        session.error = None
        await plugged(batcher, session)
        for tokens in (40, 90):
            batcher.submit([text(20)], NAME)
            with pytest.raises(Overloaded) as caught:
                batcher.submit([text(tokens)], NAME)
            found.append(caught.value)
    assert len(found) == 3
    assert NAME not in generate_latest(metrics.registry).decode() + caplog.text + "".join(map(str, found))


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_happens_each_text_is_scored_once_and_every_token_counted_out(
    make_batcher, session, metrics, seed
):
    """Tenants that come, go away, are refused and fail: chaos with a seed."""
    chance = random.Random(seed)
    batcher = make_batcher(batch_tokens=60, max_queued_tokens=600)
    session.poison = 666
    queued: dict[asyncio.Future[Pooled], object] = {}
    for i in range(300):
        lengths = [chance.randint(1, 50) for _ in range(chance.choice([1, 1, 1, 2, 8]))]
        encoded = text(*lengths, token=666 if chance.random() < 0.02 else 1000 + 10 * i)
        try:
            (future,) = batcher.submit([encoded], chance.choice(["", "a", "a", "a", "b", "c"]))
            queued[future] = encoded
        except Overloaded:
            await asyncio.sleep(0.001)
        if queued and chance.random() < 0.3:
            chance.choice([*queued]).cancel()
        if chance.random() < 0.3:
            await asyncio.sleep(0)
    await asyncio.to_thread(batcher.close)
    await asyncio.sleep(0)  # what the last batch settles
    for future, encoded in queued.items():
        if not future.cancelled() and not isinstance(future.exception(), ScoringFailed):
            assert future.result().logits.tolist() == logits_of(encoded)
    scored = [window.ids for batch in session.batches for window in batch if window.ids[0] >= 1000]
    assert len(scored) == len(set(scored))
    assert sample(metrics, QUEUED) == 0
    assert (batcher._admission._by_tenant, batcher._inference._queue._lines) == ({}, {})
