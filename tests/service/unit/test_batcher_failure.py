"""A session that raises or answers nonsense: every waiting text hears of it, and the next batch is scored."""

import asyncio
import logging

import numpy as np
import pytest

from service.errors import ScoringFailed
from tests.service.unit.session import WIDTH, logits_of, sample, text
from tests.service.unit.test_batcher import plugged

pytestmark = pytest.mark.usefixtures("no_lost_errors")


async def outcomes(*futures: asyncio.Future) -> list[object]:
    return await asyncio.gather(*futures, return_exceptions=True)


async def works(batcher, session) -> None:
    session.error = session.rows = None
    (future,) = batcher.submit([text(3, token=700)])
    assert (await future).logits.tolist() == logits_of(text(3, token=700))


async def test_all_texts_of_a_batch_that_raises_fail_and_none_hangs(make_batcher, session):
    batcher = make_batcher()
    plug = await plugged(batcher, session)
    futures = [*batcher.submit([text(10, token=1), text(10, token=2)]), *batcher.submit([text(10, token=3)])]
    session.error = ValueError("what the text said")
    session.gate.set()
    found = await outcomes(plug, *futures)
    assert [str(each) for each in found] == ["the session raised ValueError"] * 4
    assert {type(each) for each in found} == {ScoringFailed}
    await works(batcher, session)


async def test_texts_outside_the_failed_batch_are_scored(make_batcher, session):
    batcher = make_batcher(batch_tokens=20)
    plug = await plugged(batcher, session)
    session.poison = 666
    texts = [text(10, token=100), text(10, token=666), text(15, token=200), text(15, token=300)]
    futures = batcher.submit(texts)
    session.gate.set()
    found = await outcomes(plug, *futures)
    assert session.lengths() == [[1], [10, 10], [15], [15]]
    assert [isinstance(each, ScoringFailed) for each in found] == [False, True, True, False, False]
    assert found[3].logits.tolist() == logits_of(texts[2])


async def test_the_rest_of_a_failed_document_does_not_reach_the_session(make_batcher, session, metrics):
    batcher = make_batcher(batch_tokens=20)
    session.error = RuntimeError()
    (document,) = batcher.submit([text(*[10] * 9)])
    with pytest.raises(ScoringFailed):
        await document
    await works(batcher, session)
    assert session.lengths() == [[10, 10], [3]]
    assert sample(metrics, "tidegate_dropped_texts_total") == 0


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (np.zeros((1, WIDTH)), "the session gave rows of shape (1, 3), not (2, 3)"),
        (np.zeros((3, WIDTH)), "the session gave rows of shape (3, 3), not (2, 3)"),
        (np.zeros((2, WIDTH + 1)), "the session gave rows of shape (2, 4), not (2, 3)"),
        # Would be broadcast over a row in silence.
        (np.zeros((2, 1)), "the session gave rows of shape (2, 1), not (2, 3)"),
        (np.zeros(2), "the session gave rows of shape (2,), not (2, 3)"),
        ([], "the session gave rows of shape (0,), not (2, 3)"),
        ([[1.0], [1.0, 2.0]], "the session raised ValueError"),
        ("nonsense", "the session raised ValueError"),
    ],
)
async def test_rows_of_the_wrong_shape_fail_the_batch(make_batcher, session, rows, message):
    batcher = make_batcher()
    session.rows = rows
    found = await outcomes(*batcher.submit([text(10, token=1), text(10, token=2)]))
    assert [(type(each), str(each)) for each in found] == [(ScoringFailed, message)] * 2
    await works(batcher, session)


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), -float("inf")])
async def test_a_text_whose_logits_are_not_finite_fails_alone(make_batcher, session, odd):
    batcher = make_batcher()
    rows = np.ones((3, WIDTH))
    rows[1, 2] = odd
    session.rows = rows
    first, second, third = await outcomes(*batcher.submit([text(10, token=i) for i in range(3)]))
    assert first.logits.tolist() == third.logits.tolist() == [1.0] * WIDTH
    assert isinstance(second, ScoringFailed)
    assert str(second) == "the session gave a logit that is not finite"
    await works(batcher, session)


async def test_a_document_with_one_window_that_is_not_finite_fails(make_batcher, session):
    batcher = make_batcher(batch_tokens=1000)
    rows = np.ones((3, WIDTH))
    rows[0, 0] = float("nan")
    session.rows = rows
    (found,) = await outcomes(*batcher.submit([text(10, 10, 10)]))
    assert isinstance(found, ScoringFailed)


async def test_failures_are_logged_by_kind_and_without_their_message(make_batcher, session, caplog):
    session.error = ValueError("what the text said")
    with caplog.at_level(logging.ERROR, "tidegate.batcher"):
        await outcomes(*make_batcher().submit([text(10, token=1), text(10, token=2)]))
    assert caplog.messages == ["the session raised ValueError; windows: 2"]


async def test_each_waiting_text_gets_an_exception_of_its_own(make_batcher, session):
    # Raised in two tasks, one exception would gather the tracebacks of both.
    session.error = RuntimeError()
    first, second = await outcomes(*make_batcher().submit([text(10, token=1), text(10, token=2)]))
    assert first is not second
    assert first.__cause__ is None


async def test_a_text_cancelled_while_its_batch_fails_is_no_trouble(make_batcher, session):
    batcher = make_batcher()
    session.gate.clear()
    session.poison = 666
    (gone,) = batcher.submit([text(10, token=666)])
    await session.entered()
    gone.cancel()
    session.gate.set()
    await works(batcher, session)
    assert gone.cancelled()
