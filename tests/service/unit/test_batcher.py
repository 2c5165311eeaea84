"""From queued texts to pooled logits: what is in a batch, who goes first, and what a long document may delay."""

import asyncio
import os
import sys
import threading
from itertools import chain

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.batching.batcher import Batcher
from service.batching.inference import NICER
from service.metrics import Metrics
from tests.service.unit.session import WIDTH, Session, logits_of, sample, text

PLUG = text(1, token=9_000)  # keeps the session busy while a test fills the queue


async def plugged(batcher: Batcher, session: Session) -> asyncio.Future:
    """Shut the gate with a batch behind it, so that what comes next waits in the queue."""
    session.gate.clear()
    (plug,) = batcher.submit([PLUG])
    await session.entered()
    return plug


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(st.lists(st.integers(1, 40), max_size=5), min_size=1, max_size=10),
    st.integers(1, 200),
    st.booleans(),
)
async def test_together_or_alone_a_text_gets_the_same_logits(texts, budget, in_one_request):
    session, metrics = Session(), Metrics()
    batcher = Batcher(session, WIDTH, budget, 10_000, metrics)
    encoded = [text(*each, token=100 * (i + 1)) for i, each in enumerate(texts)]
    requests = [encoded] if in_one_request else [[each] for each in encoded]
    futures = [future for request in requests for future in batcher.submit(request)]
    found = await asyncio.gather(*futures)
    await asyncio.to_thread(batcher.close)
    for each, row in zip(encoded, found, strict=True):
        assert row.logits.tolist() == (logits_of(each) if each.windows else [-float("inf")] * WIDTH)
    assert all(len(batch) == 1 or len(batch) * max(batch) <= budget for batch in session.lengths())
    assert sorted(chain(*session.lengths())) == sorted(chain(*texts))
    assert sample(metrics, "tidegate_queued_tokens") == 0


async def test_what_waits_goes_in_one_batch_when_the_session_is_free(make_batcher, session):
    batcher = make_batcher(batch_tokens=100)
    plug = await plugged(batcher, session)
    futures = [batcher.submit([text(10, token=i)])[0] for i in range(10)]
    session.gate.set()
    await asyncio.gather(plug, *futures)
    assert session.lengths() == [[1], [10] * 10]


async def test_no_timer_holds_back_a_text_that_is_alone(make_batcher, session):
    batcher = make_batcher(batch_tokens=1_000_000)
    (future,) = batcher.submit([text(3)])
    assert (await asyncio.wait_for(future, 30)).logits.tolist() == logits_of(text(3))
    assert session.lengths() == [[3]]


async def test_the_oldest_is_in_the_next_batch_however_long_the_others_are(make_batcher, session):
    batcher = make_batcher(batch_tokens=100)
    plug = await plugged(batcher, session)
    futures = [batcher.submit([text(n, token=n)])[0] for n in (50, 10, 10, 10, 49, 10)]
    session.gate.set()
    await asyncio.gather(plug, *futures)
    assert session.lengths() == [[1], [50, 49], [10, 10, 10, 10]]


async def test_a_prompt_behind_a_huge_document_waits_for_one_batch_of_it(make_batcher, session):
    batcher = make_batcher(batch_tokens=100)
    plug = await plugged(batcher, session)
    document, prompt = batcher.submit([text(*[50] * 40, token=1000)])[0], batcher.submit([text(5)])[0]
    session.gate.set()
    await prompt
    await asyncio.gather(plug, document)
    assert session.lengths()[:3] == [[1], [50, 50], [5, 50]]
    assert (await document).logits.tolist() == logits_of(text(*[50] * 40, token=1000))


async def test_a_prompt_that_comes_while_a_document_is_scored_is_in_the_very_next_batch(make_batcher, session):
    batcher = make_batcher(batch_tokens=100)
    session.gate.clear()
    (document,) = batcher.submit([text(*[50] * 10, token=1000)])
    await session.entered()
    (prompt,) = batcher.submit([text(5)])
    session.gate.set()
    await asyncio.gather(prompt, document)
    assert session.lengths()[:2] == [[50, 50], [5, 50]]


async def test_documents_take_turns(make_batcher, session):
    batcher = make_batcher(batch_tokens=50)
    plug = await plugged(batcher, session)
    both = batcher.submit([text(50, 50, 50, token=1000), text(50, 50, 50, token=2000)])
    session.gate.set()
    await asyncio.gather(plug, *both)
    order = [batch[0].ids[0] // 1000 for batch in session.batches[1:]]
    assert order == [1, 2, 1, 2, 1, 2]


async def test_a_text_without_windows_is_answered_without_the_session(make_batcher, session):
    (future,) = make_batcher().submit([text()])
    assert future.done()
    assert future.result().logits.tolist() == [-float("inf")] * WIDTH
    assert session.batches == []


async def test_batches_are_counted(make_batcher, session, metrics):
    batcher = make_batcher(batch_tokens=100)
    plug = await plugged(batcher, session)
    futures = batcher.submit([text(20, token=1), text(30, token=2)])
    session.gate.set()
    await asyncio.gather(plug, *futures)
    assert sample(metrics, "tidegate_tokens_scored_total") == 51
    assert sample(metrics, "tidegate_padding_tokens_total") == 10
    assert sample(metrics, "tidegate_batch_windows_count") == 2
    assert sample(metrics, "tidegate_batch_windows_sum") == 3
    assert sample(metrics, "tidegate_batch_tokens_sum") == 61
    assert sample(metrics, "tidegate_batch_fill_sum") == pytest.approx(0.61)
    assert sample(metrics, "tidegate_inference_seconds_count") == 2


async def test_a_window_above_the_budget_fills_a_batch_and_no_more(make_batcher, metrics):
    await asyncio.gather(*make_batcher(batch_tokens=100).submit([text(101)]))
    assert sample(metrics, "tidegate_batch_fill_sum") == 1
    assert sample(metrics, "tidegate_batch_fill_bucket", le="1.0") == 1


async def test_the_wait_of_a_text_is_observed_once(make_batcher, session, metrics):
    batcher = make_batcher(batch_tokens=20)
    await asyncio.gather(*batcher.submit([text(10, 10, 10, 10, 10)]))
    assert len(session.batches) == 3
    assert sample(metrics, "tidegate_queue_seconds_count") == 1


@pytest.mark.parametrize("texts", [0, 1, 5])
async def test_close_scores_what_is_queued(make_batcher, session, metrics, texts):
    batcher = make_batcher(batch_tokens=20)
    plug = await plugged(batcher, session)
    futures = batcher.submit([text(10, 10, 10, token=100 * (i + 1)) for i in range(texts)])
    closing = asyncio.create_task(asyncio.to_thread(batcher.close))
    session.gate.set()
    await closing
    found = await asyncio.gather(plug, *futures)
    assert [row.logits.tolist() for row in found[1:]] == [
        logits_of(text(10, 10, 10, token=100 * (i + 1))) for i in range(texts)
    ]
    assert sample(metrics, "tidegate_queued_tokens") == 0


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere no thread has a priority of its own")
async def test_the_session_gives_way_to_the_loop(session):
    def nice() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    def run(windows):
        found.append(nice())
        return session(windows)

    found: list[int] = []
    own = nice()
    batcher = Batcher(run, WIDTH, 100, 10_000, Metrics())
    await batcher.submit([text(3)])[0]
    await asyncio.to_thread(batcher.close)
    assert (nice(), found) == (own, [min(own + NICER, 19)])
