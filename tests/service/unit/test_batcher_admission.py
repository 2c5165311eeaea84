"""Who is let into the queue, who is refused, and that no token is ever counted twice or for ever."""

import asyncio

import pytest

from service.errors import Overloaded, ScoringFailed, TooLarge, Unavailable
from tests.service.unit.session import logits_of, sample, text
from tests.service.unit.test_batcher import plugged

QUEUED = "tidegate_queued_tokens"
REFUSED = "tidegate_refused_requests_total"
DROPPED = "tidegate_dropped_texts_total"


async def test_queued_tokens_are_counted_until_they_are_scored(make_batcher, session, metrics):
    batcher = make_batcher(batch_tokens=10)
    plug = await plugged(batcher, session)
    futures = batcher.submit([text(10), text(5, 5)])
    assert sample(metrics, QUEUED) == 21
    session.gate.set()
    await asyncio.gather(plug, *futures)
    assert sample(metrics, QUEUED) == 0


async def test_a_request_that_just_fits_is_let_in(make_batcher, session):
    batcher = make_batcher(max_queued_tokens=21)
    await plugged(batcher, session)
    assert len(batcher.submit([text(10), text(10)])) == 2


async def test_a_request_is_refused_whole_and_the_queue_stays_as_it_was(make_batcher, session, metrics):
    batcher = make_batcher(max_queued_tokens=30)
    plug = await plugged(batcher, session)
    (earlier,) = batcher.submit([text(10, token=100)])
    with pytest.raises(Overloaded) as caught:
        batcher.submit([text(1, token=200), text(19, token=300)])
    assert str(caught.value) == "11 tokens are waiting, the limit is 30"
    assert sample(metrics, QUEUED) == 11
    assert sample(metrics, REFUSED) == 1
    (later,) = batcher.submit([text(19, token=400)])
    session.gate.set()
    await asyncio.gather(plug, earlier, later)
    assert session.lengths() == [[1], [10, 19]]
    assert not session.seen(text(1, token=200).windows[0])


@pytest.mark.parametrize("tokens", [1, 1_000, 100_000])
async def test_retry_after_is_a_positive_whole_number_of_seconds(make_batcher, session, tokens):
    batcher = make_batcher(max_queued_tokens=100_000)
    await plugged(batcher, session)
    batcher.submit([text(99_999)])
    with pytest.raises(Overloaded) as caught:
        batcher.submit([text(tokens)])
    assert int(caught.value.headers["Retry-After"]) >= 1


async def test_retry_after_grows_with_what_is_waiting(make_batcher, session):
    batcher = make_batcher(max_queued_tokens=10**6)
    await plugged(batcher, session)
    batcher.submit([text(10**6 - 1)])
    waits = []
    for tokens in (1, 10**6):
        with pytest.raises(Overloaded) as caught:
            batcher.submit([text(tokens)])
        waits.append(int(caught.value.headers["Retry-After"]))
    # 5,000 tokens a second until measured otherwise.
    assert waits == [1, 200]


async def test_what_can_never_fit_is_too_large_even_when_nothing_waits(make_batcher, session, metrics):
    batcher = make_batcher(max_queued_tokens=30)
    with pytest.raises(TooLarge) as caught:
        batcher.submit([text(15), text(16)])
    assert str(caught.value) == "the windows of the texts have 31 tokens, the limit is 30"
    assert sample(metrics, QUEUED) == 0
    assert sample(metrics, REFUSED) == 0
    assert session.batches == []


async def test_there_is_room_again_when_the_queue_has_been_scored(make_batcher, session):
    batcher = make_batcher(max_queued_tokens=30)
    plug = await plugged(batcher, session)
    (first,) = batcher.submit([text(29)])
    with pytest.raises(Overloaded):
        batcher.submit([text(29)])
    session.gate.set()
    await asyncio.gather(plug, first)
    (second,) = batcher.submit([text(29)])
    assert (await second).logits.tolist() == logits_of(text(29))


async def test_a_cancelled_text_never_reaches_the_session(make_batcher, session, metrics):
    batcher = make_batcher()
    plug = await plugged(batcher, session)
    gone, stays = batcher.submit([text(10, 12, token=100), text(11, token=200)])
    gone.cancel()
    session.gate.set()
    await asyncio.gather(plug, stays)
    assert session.lengths() == [[1], [11]]
    assert sample(metrics, QUEUED) == 0
    assert sample(metrics, DROPPED) == 1


async def test_the_rest_of_a_document_is_dropped_when_it_is_cancelled_half_way(make_batcher, session, metrics):
    batcher = make_batcher(batch_tokens=20)
    session.gate.clear()
    (document,) = batcher.submit([text(*[10] * 9)])
    await session.entered()
    document.cancel()
    (after,) = batcher.submit([text(4, token=500)])
    session.gate.set()
    await after
    assert session.lengths() == [[10, 10], [4]]
    assert sample(metrics, QUEUED) == 0
    assert sample(metrics, DROPPED) == 1


async def test_cancelled_in_its_last_batch_costs_nothing_more(make_batcher, session, metrics):
    batcher = make_batcher()
    session.gate.clear()
    (only,) = batcher.submit([text(10)])
    await session.entered()
    only.cancel()
    session.gate.set()
    await asyncio.gather(*batcher.submit([text(4, token=500)]))
    assert sample(metrics, QUEUED) == 0
    assert sample(metrics, DROPPED) == 0


async def test_all_cancelled_leaves_an_idle_batcher_that_still_works(make_batcher, session, metrics):
    batcher = make_batcher()
    plug = await plugged(batcher, session)
    for future in batcher.submit([text(10), text(10, 10)]):
        future.cancel()
    session.gate.set()
    await plug
    (after,) = batcher.submit([text(7)])
    assert (await after).logits.tolist() == logits_of(text(7))
    assert session.lengths() == [[1], [7]]
    assert sample(metrics, QUEUED) == 0


async def test_closing_with_only_cancelled_texts_ends(make_batcher, session, metrics):
    batcher = make_batcher()
    plug = await plugged(batcher, session)
    for future in batcher.submit([text(10), text(10, 10)]):
        future.cancel()
    session.gate.set()
    await asyncio.to_thread(batcher.close)
    await plug
    assert session.lengths() == [[1]]
    assert sample(metrics, QUEUED) == 0


async def test_a_closed_batcher_refuses_instead_of_waiting_for_ever(make_batcher, metrics):
    batcher = make_batcher()
    await asyncio.to_thread(batcher.close)
    with pytest.raises(Unavailable, match="the service is stopping"):
        batcher.submit([text(1)])
    assert sample(metrics, QUEUED) == 0


async def test_a_failed_batch_leaves_no_token_behind(make_batcher, session, metrics):
    batcher = make_batcher(batch_tokens=10)
    session.error = RuntimeError("broken")
    failed = batcher.submit([text(10, 10, 10, token=100)])
    assert isinstance((await asyncio.gather(*failed, return_exceptions=True))[0], ScoringFailed)
    session.error = None
    await asyncio.gather(*batcher.submit([text(4)]))
    assert sample(metrics, QUEUED) == 0
