"""Limits, verdicts, and what the policy answers when nothing could be scored."""

import asyncio
import sys

import msgspec
import pytest

from models.encode import Item
from models.outputs import OUTPUTS
from service.cache.record import Coverage
from service.errors import BadRequest, DeadlineExceeded, Overloaded, ScoringFailed, TooLarge, Unavailable
from service.judge import Judge, Judged, count
from service.policies.policies import Policies
from service.policies.ruling import Ruling
from service.policies.shadow import Disagreements
from service.scoring import Scored
from taxonomy.categories import Role
from taxonomy.files import native
from taxonomy.policy import Action, Band, OnError, Policy, Rule
from taxonomy.verdict import Scores, decide
from tests.service.unit.session import sample

WEAPON, HELLO, UNSURE = (Item(Role.PROMPT, text) for text in ("the weapon is here", "hello world", "unsure"))
POLICIES = Policies("default")
NOTHING = Scores((0.0,) * len(native().trained), 0.0, 0.0)
UNSEEN = ("",) * len(OUTPUTS)


class Given:
    """Stands for Scoring: gives one answer, or raises."""

    def __init__(self, outcome: list[Scored] | Exception) -> None:
        self.outcome = outcome
        self.asked: tuple[object, ...] = ()

    async def score(self, items: list[Item], *asked: object) -> list[Scored]:
        self.asked = asked
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    async def text_hashes(self, items: list[Item]) -> list[bytes]:
        return [item.text.encode() for item in items]


def ruling_of(on_error: OnError, rule: Rule | None = None) -> Ruling:
    rules = POLICIES.default.rules
    everywhere = {role: dict.fromkeys(rules[role], rule) if rule else rules[role] for role in Role}
    return Ruling(Policy("mine", "", on_error, everywhere))


@pytest.fixture
def judge_over(metrics):
    def make(scoring) -> Judge:
        return Judge(scoring, POLICIES, metrics)

    return make


async def answered(judge: Judge, items: list[Item], ruling: Ruling) -> list[Judged]:
    """Judge texts, and count them as a route does once nothing can refuse them any more."""
    judged = await judge.judge(items, ruling)
    count(judged)
    return judged


def actions(judged, item: int) -> dict[str, Action]:
    return {each.slug: each.action for each in judged[item].verdict.categories if each.action is not Action.ALLOW}


async def test_scores_become_verdicts_in_order(make_scoring, judge_over):
    judge = judge_over(make_scoring())
    policy = ruling_of(OnError.CLOSED, Rule(0.55, Action.BLOCK, Band(below=0.1)))
    judged = await judge.judge([WEAPON, HELLO, UNSURE], policy)
    assert [each.role for each in judged] == [WEAPON.role, HELLO.role, UNSURE.role]
    assert [each.verdict.action for each in judged] == [Action.BLOCK, Action.ALLOW, Action.REVIEW]
    assert actions(judged, 0) == {"guns_illegal_weapons": Action.BLOCK}
    assert not any(each.degraded for each in judged)


async def test_changing_a_threshold_or_the_policy_causes_no_inference(make_scoring, judge_over, model):
    judge = judge_over(make_scoring())
    policies = judge.policies
    before = await judge.judge([WEAPON, HELLO, UNSURE], policies.resolve(None, {}))
    seen = model.windows
    asked = [
        policies.resolve(None, {"harassment": 0.9}),
        policies.resolve(None, {"harassment": 0.1}),
        policies.resolve("permissive", {}),
        policies.resolve("strict", {"hate": 0.0001}),
    ]
    after = [await judge.judge([WEAPON, HELLO, UNSURE], policy) for policy in asked]
    assert model.windows == seen == 3
    assert [[each.scored.scores for each in judged] for judged in after] == [[e.scored.scores for e in before]] * 4
    assert all(each.scored.cached for judged in after for each in judged)
    # The verdicts did change.
    assert "harassment" not in actions(after[0], 2)
    assert actions(after[1], 2)["harassment"] is Action.BLOCK
    assert actions(after[3], 1).keys() == {"hate"}


async def test_verdicts_are_counted_by_policy_role_and_action(make_scoring, judge_over, metrics):
    judge = judge_over(make_scoring())
    await answered(judge, [WEAPON, HELLO, HELLO], judge.policies.resolve(None, {}))
    labels = {"policy": "default", "role": "prompt"}
    assert sample(metrics, "tidegate_verdicts_total", **labels, verdict="allow") == 2
    assert sample(metrics, "tidegate_verdicts_total", **labels, verdict="block") == 1
    weapons = {"policy": "default", "slug": "guns_illegal_weapons", "action": "block"}
    assert sample(metrics, "tidegate_category_actions_total", **weapons) == 1


async def test_what_a_shadow_rule_would_have_done_is_counted_and_not_done(make_scoring, judge_over, metrics):
    shadow = ruling_of(OnError.CLOSED, Rule(0.5, Action.BLOCK, shadow=True))
    judged = await answered(judge_over(make_scoring()), [WEAPON, HELLO], shadow)
    assert [each.verdict.action for each in judged] == [Action.ALLOW] * 2
    weapons = {"policy": "mine", "slug": "guns_illegal_weapons", "action": "block"}
    assert sample(metrics, "tidegate_shadow_actions_total", **weapons) == 1
    kept = [m.samples for m in metrics.registry.collect() if m.name == "tidegate_category_actions"]
    assert kept == [[]]


RULES = {
    "as shipped": None,
    "a threshold of nothing": Rule(0.0, Action.BLOCK),
    "a band that holds 0": Rule(0.0, Action.REVIEW, Band(0.0, 0.5)),
    "shadow": Rule(0.0, Action.BLOCK, shadow=True),
}


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES.keys())
@pytest.mark.parametrize(
    ("on_error", "action", "flagged"), [(OnError.OPEN, Action.ALLOW, False), (OnError.CLOSED, Action.BLOCK, True)]
)
async def test_when_scoring_fails_the_policy_answers_and_the_answer_says_so(
    judge_over, metrics, on_error, action, flagged, rule
):
    judge = judge_over(Given(ScoringFailed("the session raised")))
    judged = await answered(judge, [WEAPON, HELLO], ruling_of(on_error, rule))
    assert [each.role for each in judged] == [WEAPON.role, HELLO.role]
    for each, item in zip(judged, [WEAPON, HELLO], strict=True):
        assert each.degraded
        assert (each.verdict.action, each.verdict.flagged) == (action, flagged)
        assert each.scored == Scored(NOTHING, UNSEEN, Coverage(0, 0, 0), cached=False, text_hash=item.text.encode())
        assert tuple(entry.slug for entry in each.verdict.categories) == native().slugs
        assert {(entry.score, entry.flagged, entry.action) for entry in each.verdict.categories} == {
            (0.0, False, Action.ALLOW)
        }
    assert sample(metrics, "tidegate_degraded_items_total", policy="mine") == 2
    assert sample(metrics, "tidegate_verdicts_total", policy="mine", role="prompt", verdict=action) == 2


async def test_a_degraded_answer_still_names_the_thresholds(judge_over):
    judge = judge_over(Given(ScoringFailed("")))
    (judged,) = await judge.judge([HELLO], judge.policies.resolve(None, {}))
    thresholds = {each.slug: each.threshold for each in judged.verdict.categories}
    assert thresholds["hate"] == judge.policies.default.rules[Role.PROMPT]["hate"].threshold


async def test_a_session_that_fails_and_recovers(make_scoring, judge_over, model):
    judge = judge_over(make_scoring())
    model.error = RuntimeError()
    assert (await judge.judge([HELLO], judge.policies.resolve(None, {})))[0].degraded
    model.error = None
    (judged,) = await judge.judge([HELLO], judge.policies.resolve(None, {}))
    assert (judged.degraded, judged.verdict.action, judged.scored.cached) == (False, Action.ALLOW, False)


@pytest.mark.parametrize(
    "error",
    [Overloaded("", 1), DeadlineExceeded(""), TooLarge(""), Unavailable(""), ValueError()],
    ids=lambda e: type(e).__name__,
)
async def test_only_a_failed_session_is_answered_by_the_policy(judge_over, metrics, error):
    judge = judge_over(Given(error))
    with pytest.raises(type(error)) as caught:
        await judge.judge([HELLO], ruling_of(OnError.OPEN))
    assert caught.value is error
    assert metrics.registry.get_sample_value("tidegate_degraded_items_total", {"policy": "mine"}) is None


async def test_the_deadline_the_guard_and_the_tenant_are_passed_on(judge_over):
    given = Given([Scored(NOTHING, UNSEEN, Coverage(0, 0, 0), cached=False)])
    judge = judge_over(given)
    guard = asyncio.wait_for
    await judge.judge([HELLO], judge.policies.resolve(None, {}), 12.5, guard, "them")
    assert given.asked == (12.5, guard, "them")


async def test_a_text_asked_often_is_decided_once_for_each_policy(make_scoring, judge_over, metrics):
    judge = judge_over(make_scoring())
    default, strict = (judge.policies.resolve(name, {}) for name in ("default", "strict"))
    first, second, third = [(await answered(judge, [WEAPON], default))[0] for _ in range(3)]
    assert (first.scored.cached, second.scored.cached) == (False, True)
    assert first.verdict == second.verdict
    assert third == second
    assert third.verdict is second.verdict
    stricter = (await answered(judge, [WEAPON], strict))[0]
    assert stricter.verdict != second.verdict
    assert (await answered(judge, [WEAPON], default))[0].verdict is second.verdict
    assert (await answered(judge, [WEAPON], strict))[0].verdict is stricter.verdict
    # Each is counted all the same.
    action = second.verdict.action
    assert sample(metrics, "tidegate_verdicts_total", policy="default", role="prompt", verdict=action) == 4
    assert sample(metrics, "tidegate_cache_total", result="hit") == 5


def candidate_beside(ruling: Ruling, candidate: Policy, metrics) -> Ruling:
    return Ruling(ruling.policy, ruling.version, candidate, Disagreements(ruling.policy.name, metrics))


async def test_a_candidate_is_decided_beside_and_counted_and_changes_nothing(make_scoring, judge_over, metrics, model):
    judge = judge_over(make_scoring())
    live = judge.policies.resolve(None, {})
    candidate = live.policy.with_thresholds({"guns_illegal_weapons": 1.0, "harassment": 0.01})
    shadowed = candidate_beside(live, candidate, metrics)
    before = await answered(judge, [WEAPON, HELLO, UNSURE], live)
    after = await answered(judge, [WEAPON, HELLO, UNSURE], shadowed)
    assert model.windows == 3
    assert [each.verdict for each in after] == [each.verdict for each in before]
    verdicts = [decide(each.scored.scores, candidate, each.role).action for each in before]
    assert verdicts != [each.verdict.action for each in before]
    assert shadowed.disagreements
    assert sum(shadowed.disagreements.verdicts.values()) == 3
    found = {slug: (live, then) for slug, live, then, _ in shadowed.disagreements.categories}
    assert found["guns_illegal_weapons"] == (Action.BLOCK, Action.REVIEW)


async def test_what_is_kept_of_a_text_is_of_one_policy_and_one_candidate(make_scoring, judge_over, metrics):
    judge = judge_over(make_scoring())
    live = judge.policies.resolve(None, {})
    first, second = (
        candidate_beside(live, live.policy.with_thresholds({"guns_illegal_weapons": threshold}), metrics)
        for threshold in (1.0, 0.0)
    )
    again = candidate_beside(live, live.policy.with_thresholds({"guns_illegal_weapons": 1.0}), metrics)
    for ruling in (live, live, first, first, second, live, first, again):
        await answered(judge, [WEAPON], ruling)
    counts = [each.disagreements.verdicts for each in (first, second, again) if each.disagreements]
    assert counts == [
        {"same": 0, "milder": 3, "graver": 0},
        {"same": 1, "milder": 0, "graver": 0},
        {"same": 0, "milder": 1, "graver": 0},
    ]
    labels = {"policy": "default"}
    assert sample(metrics, "tidegate_candidate_texts_total", **labels, outcome="milder") == 4
    weapons = {"slug": "guns_illegal_weapons", "action": "block", "candidate": "review"}
    assert sample(metrics, "tidegate_candidate_categories_total", **labels, **weapons) == 4


async def test_a_text_that_could_not_be_scored_is_not_compared(judge_over, metrics):
    judge = judge_over(Given(ScoringFailed("")))
    live = judge.policies.resolve(None, {})
    shadowed = candidate_beside(live, live.policy, metrics)
    await answered(judge, [HELLO], shadowed)
    assert shadowed.disagreements
    assert shadowed.disagreements.verdicts == {"same": 0, "milder": 0, "graver": 0}


async def test_thresholds_of_callers_do_not_fill_the_memory(make_scoring, judge_over):
    judge = judge_over(make_scoring())
    for i in range(20):
        await judge.judge([WEAPON], judge.policies.resolve(None, {"hate": i / 20}))
    (judged,) = await judge.judge([WEAPON], judge.policies.resolve(None, {}))
    assert judged.scored.cached
    assert len(judged.scored.made) == 4


async def test_what_is_kept_with_a_text_goes_with_it_though_nothing_collects(judge_over):
    views = (*UNSEEN,)  # a tuple of its own: how many hold it tells whether the text is still there
    before = sys.getrefcount(views)
    scored = Scored(NOTHING, views, Coverage(1, 1, 1), cached=True)
    judge = judge_over(Given([scored]))
    for _ in range(2):
        (judged,) = await judge.judge([HELLO], judge.policies.resolve(None, {}))
    judged.written["classify"] = b"{}"
    assert len(scored.made) == 1
    assert sys.getrefcount(views) > before
    del judge, judged, scored
    assert sys.getrefcount(views) == before


async def test_a_request_for_nothing_is_refused(judge_over):
    judge = judge_over(Given(AssertionError("scored")))
    with pytest.raises(BadRequest, match=r"^there is nothing to judge$"):
        await judge.judge([], judge.policies.resolve(None, {}))


async def test_scores_that_are_no_probabilities_are_not_a_verdict(judge_over):
    broken = msgspec.structs.replace(NOTHING, unsafe=float("nan"))
    judge = judge_over(Given([Scored(broken, UNSEEN, Coverage(1, 1, 1), cached=False)]))
    with pytest.raises(ValueError, match="no probability"):
        await judge.judge([HELLO], judge.policies.resolve(None, {}))
