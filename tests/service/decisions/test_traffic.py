"""Figures of the traffic, counted beside a plain loop; drift that is there and drift that is not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.decisions.drift import LEAST, drift
from service.decisions.recent import Recent
from service.decisions.traffic import PARTS, Traffic, Window, traffic_of
from taxonomy.categories import Role
from taxonomy.evaluation import BINS, POINTS, Curve, Evaluation
from taxonomy.files import native
from taxonomy.policy import Action
from tests.service.decisions.made import WEAPON, judged, noted

NOW = 10_000_000_000
MINUTE = 60_000
CURVE = Curve(0, 0, (0,) * POINTS, (0,) * POINTS, (1000, *(0,) * (BINS - 1)))
EVALUATION = Evaluation("2026-01-01", "sha256:" + "0" * 64, "sha256:" + "1" * 64, 1000, {"hate": CURVE, "other": CURVE})


def minutes_ago(minutes: float) -> float:
    """Return when it was, in seconds of a monotonic clock that began with 1970."""
    return NOW / 1000 - 60 * minutes


def count(recent: Recent, evaluation: Evaluation | None = None, **window: object) -> Traffic:
    asked = Window(**window)  # type: ignore[arg-type]
    return traffic_of(recent.rows(), recent.size, asked, NOW, native(), evaluation)


def test_decisions_are_counted_where_they_belong():
    recent = Recent(100)
    weapon, hill = judged(WEAPON), judged(cached=True)
    recent.add(
        [
            noted(weapon, hill, began=minutes_ago(0.5), ended=minutes_ago(0.5) + 0.01, tenant="acme"),
            noted(hill, began=minutes_ago(59.5), ended=minutes_ago(59.5) + 0.1),
            noted(judged(degraded=True, supported=False), began=minutes_ago(30.5), ended=minutes_ago(30.5) + 0.1),
            noted(weapon, began=minutes_ago(60.5), ended=minutes_ago(60)),
        ],
        0.0,
    )
    found = count(recent, category="guns_illegal_weapons")
    assert (found.until - found.since, found.part_ms, found.decisions, found.whole) == (60 * MINUTE, MINUTE, 4, True)
    at = {action: [i for i, number in enumerate(counts) if number] for action, counts in found.verdicts.items()}
    assert at == {Action.ALLOW: [0, 59], Action.FLAG: [], Action.REVIEW: [29], Action.BLOCK: [59]}
    assert [i for i, number in enumerate(found.cached) if number] == [0, 59]
    assert [i for i, number in enumerate(found.degraded) if number] == [29]
    assert [i for i, number in enumerate(found.unsupported) if number] == [29]
    assert found.categories["guns_illegal_weapons"].acting[59] == 1
    assert sum(found.categories["guns_illegal_weapons"].histogram) == 3  # the degraded one has no scores
    assert found.categories["guns_illegal_weapons"].histogram[19] == 1
    assert found.categories["needs_caution"].histogram == []
    assert found.histograms is not None
    assert (found.histograms[59][19], found.histograms[59][0], found.histograms[0][0]) == (1, 1, 1)
    assert found.latency is not None
    assert found.latency.p99 == pytest.approx(100, rel=0.02)
    assert found.latencies[59] is not None
    assert found.latencies[59].p50 == pytest.approx(10, rel=0.01)
    assert found.latencies[1] is None
    assert [(each.tenant, each.decisions, each.cached) for each in found.tenants] == [("acme", 2, 1), ("", 2, 1)]
    assert found.tenants[0].verdicts == {Action.ALLOW: 1, Action.FLAG: 0, Action.REVIEW: 0, Action.BLOCK: 1}


def test_what_was_before_the_start_is_not_said_to_be_remembered():
    rows, began = Recent(3).rows(), NOW - 10 * MINUTE
    found = traffic_of(rows, 3, Window(60), NOW, native(), None, began)
    assert (found.whole, found.remembered) == (False, began)
    assert traffic_of(rows, 3, Window(10), NOW, native(), None, began).whole


def test_one_tenant_can_be_looked_at_and_all_are_still_listed():
    recent = Recent(100)
    recent.add([noted(began=minutes_ago(1), tenant=name) for name in ("a", "b", "b")], 0.0)
    found = count(recent, tenant="b")
    assert found.decisions == 2
    assert [each.tenant for each in found.tenants] == ["b", "a"]
    assert count(recent, tenant="nobody").decisions == 0


def test_what_is_no_longer_remembered_is_said():
    recent = Recent(3)
    recent.add([noted(began=minutes_ago(i)) for i in (50, 40, 30, 20)], 0.0)
    found = count(recent)
    assert (found.whole, found.remembered, found.decisions) == (False, NOW - 40 * MINUTE, 3)
    assert count(recent, minutes=35).whole is True


def test_nothing_is_counted_of_nothing():
    found = count(Recent(3), EVALUATION, category="hate")
    assert (found.decisions, found.whole, found.latency, found.tenants) == (0, True, None, [])
    assert found.categories["hate"].drift is None
    assert found.histograms == [[0] * BINS] * PARTS


@given(
    st.lists(
        st.tuples(st.floats(0.01, 70), st.floats(0, 1), st.sampled_from(list(Role)), st.booleans(), st.booleans()),
        max_size=30,
    )
)
def test_the_columns_count_what_a_loop_counts(made):
    recent = Recent(25)
    texts = [(ago, judged({"hate": score}, role, cached=c, degraded=d)) for ago, score, role, c, d in made]
    for ago, text in texts:
        recent.add([noted(text, began=minutes_ago(ago))], 0.0)
    found = count(recent, category="hate")
    left = [(round(1000 * minutes_ago(ago)), text) for ago, text in texts[-25:]]
    left = [(at, text) for at, text in left if at > NOW - 60 * MINUTE]
    for action in Action:
        expected = [0] * PARTS
        for at, text in left:
            if text.verdict.action is action:
                expected[min(PARTS - 1, (at - (NOW - 60 * MINUTE)) // MINUTE)] += 1
        assert found.verdicts[action] == expected
    histogram = [0] * BINS
    for _, text in left:
        if not text.degraded:
            score = text.scored.scores.categories[native().trained.index("hate")]
            histogram[min(BINS - 1, round(10_000 * score) // 500)] += 1
    assert found.categories["hate"].histogram == histogram
    assert [sum(column) for column in zip(*(found.histograms or []), strict=True)] == histogram


def test_drift_is_told_against_the_evaluation():
    recent = Recent(1000)
    recent.add([noted(judged({"hate": 0.9}), began=minutes_ago(1)) for _ in range(500)], 0.0)
    categories = count(recent, EVALUATION).categories
    assert categories["hate"].drift is not None
    assert categories["hate"].drift.index > 5
    assert categories["other"].drift is not None
    assert categories["other"].drift.index < 0.1
    assert categories["harassment"].drift is None


def test_the_index_is_the_books():
    # Shares 0.5, 0.3, 0.2 then 0.4, 0.3, 0.3: -0.1 ln 0.8 + 0.1 ln 1.5, so many counts that half a one is nothing.
    found = drift((5_000_000, 3_000_000, 2_000_000), (4_000_000, 3_000_000, 3_000_000))
    assert found is not None
    assert found.index == pytest.approx(-0.1 * np.log(0.8) + 0.1 * np.log(1.5), abs=1e-4)


def test_without_a_shift_the_index_is_below_chance_nineteen_times_in_twenty():
    random = np.random.default_rng(1)
    shares = random.dirichlet(np.ones(BINS))
    draws = [drift(*(random.multinomial(n, shares).tolist() for n in (20_000, 10_000))) for _ in range(2000)]
    below = [each.index <= each.chance for each in draws if each]
    assert len(below) == 2000
    assert 0.93 <= np.mean(below) <= 0.97


@pytest.mark.parametrize("counts", [((0, 0), (50, 50)), ((LEAST, 0), (LEAST - 1, 0))])
def test_of_few_decisions_no_drift_is_told(counts):
    assert drift(*counts) is None
