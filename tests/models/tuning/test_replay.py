"""A replay against decide(), decision by decision; what is compared, what is left out, and what is said of a sample."""

import msgspec
import numpy as np
import polars as pl
import pytest

from models.outputs import OUTPUTS
from models.tuning.changes import LeftOut
from models.tuning.replay import Asked, kept_share, replay
from taxonomy.categories import Role
from taxonomy.decision import STEPS, Decision, Feedback, scores_of
from taxonomy.files import native, shipped_policies
from taxonomy.override import bounded
from taxonomy.policy import Action, Override, Policy
from taxonomy.verdict import Verdict, decide
from tests.logged import DEFAULT, MODEL, START, decision
from tests.models.tuning.kept import log_of

CANDIDATE = DEFAULT.with_thresholds({"violence": 0.3, "hate": 0.9})
CHILDREN = shipped_policies()["children"]


def verdict_of(each: Decision, policy: Policy) -> Verdict:
    own = bounded(policy, each.thresholds)
    return decide(scores_of(each.scores, native()), own, each.role, supported=each.supported)


def traffic(n: int, policies: tuple[Policy, ...] = (DEFAULT,)) -> list[Decision]:
    """Return decisions as policies made them, on texts of which every third is asked twice."""
    random = np.random.default_rng(3)
    roles, made = list(Role), []
    for i in range(n):
        policy = policies[i % len(policies)]
        if i % 3 == 2:
            last = made[-1]
            scores, role, text = last.scores, last.role, last.text
        else:
            scores = tuple(int(step) for step in random.random(len(OUTPUTS)) ** 12 * STEPS)
            role, text = roles[i % 4], f"{i:032x}"
        each = decision(i, policy, scores=scores, role=role, text=text, tenant=f"tenant-{i % 3}", supported=i % 9 > 0)
        made.append(msgspec.structs.replace(each, verdict=verdict_of(each, policy).action))
    return made


def test_it_is_what_decide_says_one_by_one():
    decisions = traffic(900)
    found = replay(log_of(decisions), CANDIDATE, known=(DEFAULT,), by=("tenant", "role", "policy", "language"))
    pairs = [(verdict_of(each, DEFAULT), verdict_of(each, CANDIDATE)) for each in decisions]
    moves = {(move.before, move.after): move.share.decisions for move in found.changes.moves}
    for before in Action:
        for after in Action:
            assert moves.get((before, after), 0) == sum((b.action, a.action) == (before, after) for b, a in pairs)
    changed = [each for each, (b, a) in zip(decisions, pairs, strict=True) if b.action != a.action]
    assert 20 < len(changed) < 800
    assert (found.changes.decisions, found.changes.texts) == (900, len({each.text for each in decisions}))
    assert found.changes.changed.decisions == len(changed)
    assert found.changes.changed.texts == len({each.text for each in changed}) < len(changed)
    assert found.changes.graver.decisions == sum(a.action.gravity > b.action.gravity for b, a in pairs)
    assert found.changes.milder.decisions == sum(a.action.gravity < b.action.gravity for b, a in pairs)
    assert found.changes.known == 900
    for i, slug in enumerate(native().slugs):
        was, would = ([pair[k].categories[i].action.gravity for pair in pairs] for k in (0, 1))
        each = found.changes.categories[i]
        assert each.slug == slug
        assert each.acts.decisions == sum(gravity > 0 for gravity in would)
        assert each.acted is not None
        assert each.acted.decisions == sum(gravity > 0 for gravity in was)
        assert (each.graver.decisions, each.milder.decisions) == (
            sum(w > b for b, w in zip(was, would, strict=True)),
            sum(w < b for b, w in zip(was, would, strict=True)),
        )
    tenants = {group.name: group.changes for group in found.by["tenant"]}
    assert list(tenants) == ["tenant-0", "tenant-1", "tenant-2"]
    for name, changes in tenants.items():
        assert changes.changed.decisions == sum(each.tenant == name for each in changed)
        assert changes.decisions == 300
    assert {group.name for group in found.by["role"]} == set(Role)
    assert sum(group.changes.changed.decisions for group in found.by["role"]) == len(changed)
    assert [group.name for group in found.by["policy"]] == ["default"]
    assert [group.name for group in found.by["language"]] == [""]


def test_the_policy_that_decided_changes_nothing():
    found = replay(log_of(traffic(90)), DEFAULT, known=(DEFAULT,))
    assert found.changes.changed.decisions == 0
    assert all(each.graver.decisions == each.milder.decisions == 0 for each in found.changes.categories)
    assert found.left_out == LeftOut(0, 0, 0, 0, 0, 0)
    assert (found.first, found.last, found.model, found.kept) == (START, START + 89, MODEL, None)


def test_a_text_asked_before_and_after_a_change_of_policy_is_compared_twice():
    """All that is known comes from one text, and half of its verdicts would be others."""
    scores = {"violence": 9_000, "unsafe": 9_000}
    one = decision(0, scores=scores, text="0" * 32)
    verdicts = [verdict_of(one, DEFAULT).action, Action.ALLOW]
    decisions = [decision(i, scores=scores, text="0" * 32, verdict=each) for i, each in enumerate(verdicts)]
    changed = replay(log_of(decisions), DEFAULT).changes.changed
    assert (changed.decisions, changed.texts, changed.share) == (1, 1, 0.5)
    assert changed.low < 0.01  # one text says next to nothing
    assert changed.high > 0.99


def test_against_another_policy_the_verdicts_on_record_do_not_count():
    decisions = [msgspec.structs.replace(each, verdict=Action.BLOCK) for each in traffic(90)]
    found = replay(log_of(decisions), CANDIDATE, against=DEFAULT)
    pairs = [(verdict_of(each, DEFAULT).action, verdict_of(each, CANDIDATE).action) for each in decisions]
    assert found.changes.changed.decisions == sum(before != after for before, after in pairs)
    assert (found.changes.known, found.against.name) == (90, "default")


def test_categories_are_compared_where_the_policy_is_known():
    found = replay(log_of(traffic(60, (DEFAULT, CHILDREN))), CANDIDATE, known=(CHILDREN,))
    assert found.changes.known == 30
    assert found.policies == {"default": 30, "children": 30}
    unknown = replay(log_of(traffic(60)), CANDIDATE)
    assert unknown.changes.known == 0
    assert {(each.acted, each.graver, each.milder) for each in unknown.changes.categories} == {(None, None, None)}


def test_a_policy_that_gives_another_verdict_than_on_record_is_not_the_one_it_was():
    wrong = [msgspec.structs.replace(each, verdict=Action.FLAG) for each in traffic(30)]
    decided = [verdict_of(each, DEFAULT).action for each in wrong]
    assert replay(log_of(wrong), CANDIDATE, known=(DEFAULT,)).changes.known == decided.count(Action.FLAG)


# what is left out


def test_what_is_left_out_is_counted_by_its_reason():
    decisions = [
        decision(0, degraded=True),
        decision(1, model="b" * 16),
        decision(2, taxonomy="c" * 16),
        decision(3, tenant="else"),
        decision(4),
        decision(5, thresholds={"hate": 0.1}),
        decision(6),
    ]
    policy = msgspec.structs.replace(CANDIDATE, override=Override.NONE)
    found = replay(log_of(decisions), policy, asked=Asked(tenant=""))
    assert found.left_out == LeftOut(
        not_asked_for=1, degraded=1, other_model=1, other_taxonomy=1, own_thresholds=1, unreadable=0
    )
    assert found.changes.decisions == 2


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        (Asked(), [0, 1, 2, 3]),
        (Asked(since=START + 1), [1, 2, 3]),
        (Asked(until=START + 1), [0]),
        (Asked(since=START + 1, until=START + 3), [1, 2]),
        (Asked(tenant="a"), [0, 2]),
        (Asked(tenant="nobody"), []),
        (Asked(under="children"), [3]),
    ],
)
def test_what_is_asked_for(asked: Asked, kept: list[int]):
    decisions = [decision(i, (DEFAULT, CHILDREN)[i == 3], tenant="ab"[i % 2]) for i in range(4)]
    found = replay(log_of(decisions), CANDIDATE, asked=asked)
    assert (found.changes.decisions, found.left_out.not_asked_for) == (len(kept), 4 - len(kept))
    assert (found.first, found.last) == ((START + kept[0], START + kept[-1]) if kept else (None, None))


def test_the_latest_decisions_model_is_meant_unless_another_is_named():
    decisions = [decision(5, model="c0ffee" + "0" * 10), *(decision(i) for i in range(4))]
    latest = replay(log_of(decisions), CANDIDATE)
    assert (latest.model, latest.changes.decisions, latest.left_out.other_model) == ("c0ffee" + "0" * 10, 1, 4)
    named = replay(log_of(decisions), CANDIDATE, asked=Asked(model="aaa"))
    assert (named.model, named.changes.decisions, named.left_out.other_model) == ("aaa", 4, 1)


def test_an_empty_log_is_an_answer():
    found = replay(log_of([]), CANDIDATE, known=(DEFAULT,), by=("tenant", "role"))
    assert (found.changes.decisions, found.changes.moves, found.by) == (0, (), {"tenant": (), "role": ()})
    assert (found.changes.changed.low, found.changes.changed.high) == (0.0, 1.0)


def test_feedback_is_counted_and_not_replayed():
    log = log_of([decision(1), Feedback(decision="tg-0-0", time=1, right=True)])
    found = replay(log, CANDIDATE)
    assert (found.changes.decisions, found.feedback) == (1, 1)


# a request's own thresholds


@pytest.mark.parametrize("override", Override)
def test_thresholds_of_the_request_are_put_over_the_candidate_as_it_lets_them(override: Override):
    policy = msgspec.structs.replace(CANDIDATE, override=override)
    own = [{"violence": 0.2}, {"violence": 0.8}, {"hate": 0.5, "violence": 0.3}, {}, {"gone": 0.5}]
    decisions = [decision(i, scores={"violence": 2500, "hate": 6000}, thresholds=each) for i, each in enumerate(own)]
    found = replay(log_of(decisions), policy)
    allowed = {Override.NONE: [3], Override.STRICTER: [0, 2, 3], Override.ANY: [0, 1, 2, 3]}[override]
    verdicts = [verdict_of(decisions[i], policy).action for i in allowed]
    assert found.left_out.own_thresholds == 5 - len(allowed)
    assert {move.after: move.share.decisions for move in found.changes.moves} == {
        verdict: verdicts.count(verdict) for verdict in verdicts
    }


# a log that keeps a share of the answers


def ids(n: int, below: float) -> pl.Series:
    random = np.random.default_rng(5)
    kept = (random.integers(0, 2**32, n) * below).astype(np.int64)
    return pl.Series([f"tg-{i:016x}{drawn:08x}-0" for i, drawn in enumerate(kept.tolist())])


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9])
def test_a_sample_is_told_by_its_ids(share: float):
    assert kept_share(ids(5000, share)) == pytest.approx(share, rel=0.01)


@pytest.mark.parametrize("series", [ids(5000, 1.0), ids(5, 0.1), ids(0, 1.0), pl.Series(["an id", "x-1"])])
def test_what_may_be_the_whole_is_not_called_a_sample(series: pl.Series):
    assert kept_share(series.cast(pl.String)) is None
