"""Texts in, scores and coverage out, in order; what the cache knows is not scored again."""

import asyncio
import time

import pytest

from models.calibrate import as_scores
from models.encode import Item
from models.outputs import OUTPUTS
from service.cache.store import NoStore
from service.errors import DeadlineExceeded, TooLarge
from taxonomy.categories import Role
from tests.service.unit.held import HeldStore
from tests.service.unit.session import sample

PROMPT = Item(Role.PROMPT, "where can i buy a weapon")
LONG = Item(Role.DOCUMENT, "the cat went over the hill " * 40 + "inject")
MIXED = [
    PROMPT,
    LONG,
    Item(Role.TEXT, ""),
    Item(Role.TEXT, "a hateword"),
    Item(Role.RESPONSE, "hello world", "where can i buy a weapon"),
    Item(Role.RESPONSE, "hello world"),
    Item(Role.PROMPT, "hello world"),
]


async def test_scores_are_those_of_the_scorer_in_the_order_asked(make_scoring, opened):
    scored = await make_scoring(batch_tokens=100).score(MIXED)
    for item, each in zip(MIXED, scored, strict=True):
        alone = as_scores(opened.probabilities([item])[0])
        assert each.scores.categories == pytest.approx(alone.categories, abs=2e-4)
        assert (each.scores.unsafe, each.scores.attack) == pytest.approx((alone.unsafe, alone.attack), abs=2e-4)


async def test_any_order_gives_each_text_its_own_scores(make_scoring):
    scoring = make_scoring(NoStore())
    forwards, backwards = await scoring.score(MIXED), await scoring.score(MIXED[::-1])
    for one, other in zip(forwards, backwards[::-1], strict=True):
        assert one.coverage == other.coverage
        assert one.scores.unsafe == pytest.approx(other.scores.unsafe, abs=2e-4)


async def test_coverage_says_that_every_token_was_read(make_scoring, opened):
    (long,) = await make_scoring().score([LONG])
    encoded = opened.encoder.encode([LONG])[0]
    assert long.coverage.scored == long.coverage.tokens == encoded.tokens
    assert long.coverage.windows == len(encoded.windows) > 5
    assert long.scores.attack > 0.9


async def test_coverage_tells_of_the_context(make_scoring):
    context = "the cat went over the hill and far away"
    (scored,) = await make_scoring().score([Item(Role.RESPONSE, "hello", context)])
    assert (scored.coverage.context_tokens, scored.coverage.context_scored) == (9, 8)


async def test_a_second_time_the_answer_comes_from_the_cache_and_is_the_same(make_scoring, model, metrics):
    scoring = make_scoring()
    first = await scoring.score(MIXED)
    seen = model.windows
    second = await scoring.score(MIXED)
    assert model.windows == seen
    assert [each.cached for each in first] == [False] * len(MIXED)
    assert [each.cached for each in second] == [True] * len(MIXED)
    assert [(each.scores, each.coverage) for each in first] == [(each.scores, each.coverage) for each in second]
    assert sample(metrics, "tidegate_cache_total", result="hit") == len(MIXED)
    assert sample(metrics, "tidegate_cache_total", result="miss") == len(MIXED)


@pytest.mark.parametrize(("ttl_seconds", "known_for"), [(4, 4), (1000, 10)])
async def test_a_text_asked_often_is_looked_up_again_after_ten_seconds_or_the_time_scores_are_kept(
    make_scoring, clock, ttl_seconds, known_for
):
    store = HeldStore()
    scoring = make_scoring(store, ttl_seconds=ttl_seconds, clock=clock)
    await scoring.score([PROMPT])
    assert (await scoring.score([PROMPT]))[0].cached  # from here on it is asked often
    store.kept.clear()
    clock.now += known_for - 0.1
    assert (await scoring.score([PROMPT]))[0].cached
    clock.now += 0.2
    assert not (await scoring.score([PROMPT]))[0].cached


async def test_hits_and_misses_mix_in_one_request(make_scoring, model):
    scoring = make_scoring()
    await scoring.score([PROMPT])
    seen = model.windows
    scored = await scoring.score([Item(Role.TEXT, "hello"), PROMPT, Item(Role.TEXT, "weapon")])
    assert [each.cached for each in scored] == [False, True, False]
    assert model.windows == seen + 2
    assert [each.scores.unsafe > 0.5 for each in scored] == [False, True, True]


async def test_the_same_text_twice_in_a_request_is_scored_once(make_scoring, model):
    scored = await make_scoring(NoStore()).score([PROMPT, Item(Role.TEXT, "hello"), PROMPT])
    assert model.windows == 2
    assert scored[0] == scored[2]
    assert not scored[0].cached


async def test_readings_that_normalise_alike_are_one_text(make_scoring, model):
    variants = ["where can i buy a weapon", " where  can\ti buy a weapon\n", "where can i buy a wea\u200bpon"]
    scored = await make_scoring().score([Item(Role.PROMPT, text) for text in variants])
    assert model.windows == 1
    assert scored[0] == scored[1] == scored[2]


async def test_roles_and_contexts_are_different_texts(make_scoring, model):
    items = [Item(role, "hello world") for role in Role]
    items += [Item(Role.RESPONSE, "hello world", context) for context in ("one", "two")]
    scored = await make_scoring().score(items)
    assert model.windows == len(items)
    assert len({each.scores for each in scored}) == len(items)


async def test_a_context_counts_for_a_response_only(make_scoring, model):
    items = [Item(Role.PROMPT, "hello", "one"), Item(Role.PROMPT, "hello", "two"), Item(Role.PROMPT, "hello")]
    await make_scoring().score(items)
    assert model.windows == 1


async def test_an_empty_text_scores_nothing_and_reads_nothing(make_scoring, model):
    scoring = make_scoring()
    for cached in (False, True):
        for scored in await scoring.score([Item(Role.TEXT, ""), Item(Role.PROMPT, " \u200b\n")]):
            assert scored.scores.categories == (0.0,) * (len(OUTPUTS) - 2)
            assert (scored.scores.unsafe, scored.scores.attack) == (0.0, 0.0)
            assert (scored.coverage.tokens, scored.coverage.windows) == (0, 0)
            assert scored.cached is cached
    assert model.batches == []


async def test_a_text_too_long_to_normalise_in_the_loop_is_judged_alike(make_scoring):
    scoring = make_scoring()
    words = "the cat went over the hill " * 900
    assert len(words) > 20_000
    harmless, harmful = await scoring.score([Item(Role.TEXT, words), Item(Role.TEXT, words + " weapon")])
    assert harmless.scores.unsafe < 0.1 < 0.9 < harmful.scores.unsafe
    assert harmful.coverage.tokens == harmless.coverage.tokens + 1 == 5401


async def test_the_limit_of_tokens_is_for_the_texts_together(make_scoring, model):
    scoring = make_scoring(max_tokens=20)
    texts = [Item(Role.TEXT, "the dog " * 5), Item(Role.TEXT, "the cat " * 5)]
    await scoring.score(texts)
    seen = model.windows
    with pytest.raises(TooLarge) as caught:
        await scoring.score([Item(Role.TEXT, "a " + item.text) for item in texts])
    assert str(caught.value) == "the texts have more than 20 tokens together"
    assert model.windows == seen


async def test_a_context_counts_against_the_limit(make_scoring):
    scoring = make_scoring(max_tokens=5)
    await scoring.score([Item(Role.RESPONSE, "one two three", "one two")])
    with pytest.raises(TooLarge):
        await scoring.score([Item(Role.RESPONSE, "one two three", "one two three")])


async def test_tokenising_stops_soon_after_the_limit(make_scoring, held):
    scoring = make_scoring(max_tokens=1000)
    with pytest.raises(TooLarge):
        await scoring.score([Item(Role.TEXT, f"{i} " + "the cat " * 5000) for i in range(20)])
    assert len(held.calls) == 1


async def test_many_texts_are_tokenised_a_chunk_at_a_time_and_none_is_lost(make_scoring, held):
    items = [Item(Role.TEXT, f"{i} " + "the cat " * 5000) for i in range(5)]
    scored = await make_scoring(max_tokens=10**6, max_queued_tokens=10**6).score(items)
    assert [len(call) for call in held.calls] == [2, 2, 1]
    assert [each.coverage.tokens for each in scored] == [10_001] * 5


async def test_a_passed_deadline_drops_the_text_before_the_session(make_scoring, model, metrics, monkeypatch):
    scoring, loop = make_scoring(), asyncio.get_running_loop()
    model.gate.clear()
    plug = asyncio.create_task(scoring.score([Item(Role.TEXT, "hello")]))
    await model.entered()
    waiting = sample(metrics, "tidegate_queued_tokens")
    late = asyncio.create_task(scoring.score([PROMPT], loop.time() + 600))
    # It passes once the text is in the queue, however long that takes.
    while sample(metrics, "tidegate_queued_tokens") == waiting:  # noqa: ASYNC110  # the gauge is all there is to see
        await asyncio.sleep(0.001)
    with monkeypatch.context() as patched:
        patched.setattr(loop, "time", lambda: time.monotonic() + 600)
        with pytest.raises(DeadlineExceeded, match="the deadline passed before the scores were there"):
            await late
    model.gate.set()
    await plug
    assert (await scoring.score([Item(Role.TEXT, "world")]))[0].cached is False
    assert model.windows == 2
    assert sample(metrics, "tidegate_dropped_texts_total") == 1
    assert sample(metrics, "tidegate_queued_tokens") == 0


async def test_a_deadline_ahead_changes_nothing(make_scoring):
    (scored,) = await make_scoring().score([PROMPT], asyncio.get_running_loop().time() + 60)
    assert scored.scores.unsafe > 0.9


async def test_a_timeout_that_is_not_the_callers_is_not_the_callers_deadline(make_scoring):
    store = HeldStore()
    store.error = TimeoutError()
    with pytest.raises(TimeoutError):
        await make_scoring(store).score([PROMPT], asyncio.get_running_loop().time() + 60)


async def test_another_programs_value_under_our_key_is_scored_anew(make_scoring, model):
    store = HeldStore()
    scoring = make_scoring(store)
    (first,) = await scoring.score([PROMPT])
    (key,) = store.kept
    for foreign in (b"", b"\x00", b"x" * 10_000, store.kept[key][:-4] + b"\x00\x00\xc0\x7f"):
        store.kept[key] = foreign
        (again,) = await scoring.score([PROMPT])
        assert (again.scores, again.cached) == (first.scores, False)
    assert model.windows == 5


async def test_closing_writes_what_was_scored_and_closes_the_store(make_scoring):
    store = HeldStore()
    scoring = make_scoring(store)
    store.writable.clear()
    await scoring.score([PROMPT])
    closing = asyncio.create_task(scoring.close())
    store.writable.set()
    await closing
    assert len(store.kept) == 1
    assert store.closed


async def test_texts_of_one_batch_are_written_together(make_scoring):
    store = HeldStore()
    scoring = make_scoring(store)
    await scoring.score(MIXED)
    await scoring.close()
    assert sum(map(len, store.puts)) == len(MIXED)
    assert len(store.puts) <= 2  # the empty text needs no batch
