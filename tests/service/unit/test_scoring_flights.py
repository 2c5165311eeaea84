"""Requests that ask for the same text at the same time: one computation, whoever leaves, fails or is refused."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from models.encode import Item
from service.cache.store import NoStore
from service.errors import DeadlineExceeded, Overloaded, ScoringFailed, TooLarge
from taxonomy.categories import Role
from tests.service.unit.session import sample

pytestmark = pytest.mark.usefixtures("no_lost_errors")

A, B, C = (Item(Role.TEXT, text) for text in ("the weapon is here", "hello world", "a hateword"))
LONG = Item(Role.DOCUMENT, "the cat went over the hill " * 100)
PLUG = Item(Role.TEXT, "the door")


async def begun(work: Coroutine[Any, Any, Any]) -> asyncio.Task:
    """Start a request and let it go on until it waits for something."""
    task = asyncio.create_task(work)
    for _ in range(20):
        await asyncio.sleep(0)
    return task


async def left(task: asyncio.Task) -> None:
    """Have a request leave."""
    task.cancel()
    await asyncio.wait([task])


async def until_queued(metrics, tokens: int) -> None:
    """Wait until the queue holds so many tokens: then tokenising is over."""
    while sample(metrics, "tidegate_queued_tokens") != tokens:  # noqa: ASYNC110  # the gauge is all there is to see
        await asyncio.sleep(0.001)


async def plugged(scoring, model, metrics) -> asyncio.Task:
    """Keep the session busy with a text of four tokens and its two marks."""
    model.gate.clear()
    task = asyncio.create_task(scoring.score([PLUG]))
    await model.entered()
    assert sample(metrics, "tidegate_queued_tokens") == 5
    return task


@pytest.fixture
def tokens(opened):
    def of(item: Item) -> int:
        return sum(len(window.ids) for window in opened.encoder.encode([item])[0].windows)

    return of


async def test_the_same_text_asked_many_times_at_once_is_scored_once(make_scoring, model):
    scoring = make_scoring(NoStore())
    answers = await asyncio.gather(*(scoring.score([A]) for _ in range(20)))
    assert model.windows == 1
    assert all(answer == answers[0] for answer in answers)
    assert not answers[0][0].cached


async def test_requests_that_overlap_score_each_text_once(make_scoring, model):
    scoring = make_scoring(NoStore())
    one, two, three = await asyncio.gather(scoring.score([A, B]), scoring.score([C, B]), scoring.score([B, C, A]))
    assert model.windows == 3
    assert three == [two[1], two[0], one[0]]
    assert one[1] == two[1]


async def test_requests_that_wait_for_each_other_do_not_wait_for_ever(make_scoring, held):
    scoring = make_scoring(NoStore())
    held.gate.clear()
    tasks = [await begun(scoring.score(items)) for items in ([A, B], [C, A], [B, C])]
    held.gate.set()
    await asyncio.wait_for(asyncio.gather(*tasks), 30)


async def test_a_flight_that_has_landed_is_not_joined(make_scoring, model):
    scoring = make_scoring(NoStore())
    await scoring.score([A])
    await scoring.score([A])
    assert model.windows == 2


@pytest.mark.parametrize("stage", ["tokenising", "queued"])
@pytest.mark.parametrize("leaver", [0, 1])
async def test_one_that_leaves_does_not_take_the_answer_from_the_other(
    make_scoring, model, held, metrics, tokens, stage, leaver
):
    scoring = make_scoring(NoStore())
    plug = await plugged(scoring, model, metrics)
    if stage == "tokenising":
        held.gate.clear()
    pair = [await begun(scoring.score([A])), await begun(scoring.score([A]))]
    if stage == "queued":
        await until_queued(metrics, 5 + tokens(A))
    pair[leaver].cancel()
    held.gate.set()
    model.gate.set()
    (scored,) = await pair[1 - leaver]
    assert scored.scores.unsafe > 0.9
    assert pair[leaver].cancelled()
    await plug
    assert model.windows == 2


async def test_cancelled_before_its_first_step(make_scoring, model):
    scoring = make_scoring(NoStore())
    gone, stays = asyncio.create_task(scoring.score([A])), asyncio.create_task(scoring.score([A]))
    gone.cancel()
    assert (await stays)[0].scores.unsafe > 0.9
    assert gone.cancelled()
    assert model.windows == 1


@pytest.mark.parametrize("stage", ["tokenising", "queued"])
async def test_when_all_have_left_nothing_reaches_the_session(make_scoring, model, held, metrics, tokens, stage):
    scoring = make_scoring()
    plug = await plugged(scoring, model, metrics)
    if stage == "tokenising":
        held.gate.clear()
    tasks = [await begun(scoring.score([A, B])) for _ in range(3)]
    if stage == "queued":
        await until_queued(metrics, 5 + tokens(A) + tokens(B))
    for task in tasks:
        await left(task)
    held.gate.set()
    model.gate.set()
    await plug
    (after,) = await scoring.score([C])
    assert after.scores.unsafe > 0.9
    assert model.windows == 2
    assert sample(metrics, "tidegate_queued_tokens") == 0


async def test_a_text_that_all_have_left_can_be_asked_again_at_once(make_scoring, model, metrics, tokens):
    scoring = make_scoring(NoStore())
    plug = await plugged(scoring, model, metrics)
    gone = await begun(scoring.score([A]))
    await until_queued(metrics, 5 + tokens(A))
    await left(gone)
    again = await begun(scoring.score([A]))
    model.gate.set()
    assert (await again)[0].scores.unsafe > 0.9
    await plug
    assert model.windows == 2


async def test_of_a_request_that_left_only_what_another_waits_for_is_scored(make_scoring, model, metrics, tokens):
    scoring = make_scoring(NoStore())
    plug = await plugged(scoring, model, metrics)
    leader = await begun(scoring.score([A, B, C]))
    await until_queued(metrics, 5 + tokens(A) + tokens(B) + tokens(C))
    follower = await begun(scoring.score([B]))
    await left(leader)
    model.gate.set()
    await follower
    await plug
    assert model.windows == 2
    assert sample(metrics, "tidegate_dropped_texts_total") == 2


async def test_a_short_text_does_not_wait_for_the_document_of_the_request_it_shares(make_scoring, model):
    scoring = make_scoring(NoStore(), batch_tokens=64)
    model.stepwise = True
    leader = await begun(scoring.score([LONG, B]))
    await model.entered()
    follower = await begun(scoring.score([B]))
    while not follower.done():
        model.step()
        await asyncio.sleep(0.001)
    assert not leader.done()
    model.release()
    assert (await leader)[1] == (await follower)[0]


async def test_a_follower_is_let_in_where_its_leader_was_refused(make_scoring, model, held, metrics, tokens):
    scoring = make_scoring(NoStore(), max_queued_tokens=tokens(LONG) + tokens(B))
    plug = await plugged(scoring, model, metrics)
    held.gate.clear()
    leader = await begun(scoring.score([LONG, B]))
    follower = await begun(scoring.score([B]))
    held.gate.set()
    with pytest.raises(Overloaded):
        await leader
    model.gate.set()
    assert (await follower)[0].scores.unsafe < 0.1
    await plug
    assert model.windows == 2


@pytest.mark.parametrize("limits", [{"max_tokens": 100}, {"max_queued_tokens": 100}])
async def test_a_follower_is_not_too_large_because_its_leader_was(make_scoring, held, limits):
    scoring = make_scoring(NoStore(), **limits)
    held.gate.clear()
    leader = await begun(scoring.score([LONG, B]))
    follower = await begun(scoring.score([B]))
    held.gate.set()
    with pytest.raises(TooLarge):
        await leader
    assert (await follower)[0].coverage.tokens == 2


async def test_a_follower_outlives_the_deadline_of_its_leader(make_scoring, held, model):
    scoring = make_scoring(NoStore())
    held.gate.clear()
    leader = await begun(scoring.score([A], asyncio.get_running_loop().time() + 0.02))
    follower = await begun(scoring.score([A]))
    with pytest.raises(DeadlineExceeded):
        await leader
    held.gate.set()
    assert (await follower)[0].scores.unsafe > 0.9
    assert model.windows == 1


async def test_a_followers_deadline_is_its_own(make_scoring, model):
    scoring = make_scoring(NoStore())
    model.gate.clear()
    leader = await begun(scoring.score([A]))
    with pytest.raises(DeadlineExceeded):
        await scoring.score([A], asyncio.get_running_loop().time() + 0.02)
    model.gate.set()
    assert (await leader)[0].scores.unsafe > 0.9


async def test_a_failure_reaches_all_who_wait_and_is_not_kept(make_scoring, model):
    scoring = make_scoring()
    model.error = RuntimeError("what the text said")
    model.gate.clear()
    tasks = [await begun(scoring.score([A, B])), await begun(scoring.score([A])), await begun(scoring.score([B, A]))]
    model.gate.set()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert [(type(each), str(each)) for each in found] == [
        (ScoringFailed, "the session raised RuntimeError"),
    ] * 3
    model.error = None
    (again,) = await scoring.score([A])
    assert not again.cached
    assert again.scores.unsafe > 0.9


async def test_a_failure_with_nobody_left_to_hear_it_is_no_trouble(make_scoring, model):
    scoring = make_scoring()
    model.error = RuntimeError()
    model.gate.clear()
    task = await begun(scoring.score([A, B]))
    await model.entered()
    await left(task)
    model.gate.set()
    with pytest.raises(ScoringFailed):
        await scoring.score([C])


async def test_a_request_fails_as_soon_as_one_of_its_texts_does(make_scoring, model, metrics):
    scoring = make_scoring(NoStore(), batch_tokens=64)
    model.stepwise, model.error = True, RuntimeError()
    request = await begun(scoring.score([A, LONG]))
    await model.entered()
    model.step()
    with pytest.raises(ScoringFailed):
        await request
    model.error = None
    model.release()
    await scoring.score([B])
    assert model.windows < 12  # the document has more
    assert sample(metrics, "tidegate_queued_tokens") == 0
