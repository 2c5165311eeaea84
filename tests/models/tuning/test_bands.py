"""Review bands: what is decided alone keeps its limit, and people see the rest."""

import numpy as np
import pytest

from models.tuning.objective import Costs, parse
from models.tuning.tune import tune
from taxonomy.categories import Role
from taxonomy.policy import Action, Band, Rule
from tests.models.tuning.made import POLICY, counted, made, policy_of


def test_what_is_decided_alone_keeps_its_limit_and_people_see_the_rest():
    rows = made(6000, apart=4.0)
    tuned = tune(rows, POLICY, parse("max_recall@fpr<=0.02, recall>=0.8"))
    assert [(each.figure, each.limit) for each in tuned.promises] == [("fpr", 0.02), ("recall", 0.8)]
    off, decided = counted(rows, tuned)
    fpr, recall = tuned.promises
    assert fpr.errors == decided.flagged[off.harmless].sum()
    assert recall.errors == (decided.actions == 0)[off.harmful].sum()
    assert any(change.review_band.below > 0 for change in tuned.changes.values())
    for change in tuned.changes.values():
        assert change.review_band.below <= change.threshold / 2 + 1e-9
        assert change.review_band.above == 0
    assert tuned.coverage.recall[tuned.coverage.chosen] == pytest.approx(1 - recall.errors / recall.rows)
    assert (np.diff(tuned.coverage.coverage) <= 0).all()
    assert (np.diff(tuned.coverage.recall) >= 0).all()
    assert tuned.coverage.risk[-1] < tuned.coverage.risk[0]


def test_as_wide_as_people_have_time_for():
    rows = made(6000)
    tuned = tune(rows, POLICY, parse("reviews<=300/day"), texts_per_day=3000)
    (promised,) = tuned.promises
    assert (promised.figure, promised.limit) == ("reviews", 0.1)
    assert 0.08 < promised.errors / promised.rows < promised.bound <= 0.1
    off, decided = counted(rows, tuned)
    assert promised.errors == (decided.actions == Action.REVIEW.gravity).sum()
    assert promised.rows == len(off.scores)
    assert {rule.threshold for rule in tuned.policy.rules[Role.PROMPT].values()} == {0.5}


def test_the_load_is_that_of_traffic():
    rows = made(6000)
    traffic = np.arange(6000) >= 3000
    known = rows.known & ~traffic[:, None]
    tuned = tune(rows._replace(traffic=traffic, known=known), POLICY, parse("reviews<=300/day"), texts_per_day=3000)
    assert tuned.promises[0].rows == (traffic & ~tuned.choosing).sum()


def test_a_recall_that_the_load_does_not_allow_is_refused():
    tuned = tune(made(6000), POLICY, parse("recall>=0.75, reviews<=30/day"), texts_per_day=3000)
    assert [each.figure for each in tuned.promises] == ["reviews"]
    (refusal,) = tuned.refusals
    assert refusal.words == (
        f"overall: recall >= 0.75 at 0.975 confidence cannot be promised: {refusal.errors:,} of {refusal.rows:,} "
        "harmful rows are missed with bands as wide as the limit of reviews allows"
    )


def test_a_band_takes_at_most_half_the_room_and_it_is_said():
    tuned = tune(made(6000, apart=4.0), POLICY, parse("recall>=0.9"))
    refused = tune(made(6000, apart=2.0), POLICY, parse("recall>=0.99"))
    assert tuned.promises
    (refusal,) = refused.refusals
    assert refused.refused
    assert refusal.words == (
        f"overall: recall >= 0.99 at 0.95 confidence cannot be promised: {refusal.errors:,} of {refusal.rows:,} "
        "harmful rows are missed even with the widest bands; more rows would not help"
    )
    cut = tune(made(6000, apart=4.0), POLICY, parse("reviews<=2900/day"), texts_per_day=3000)
    assert "the band of hate is 0.25 wide: a band takes at most half the room below its threshold" in cut.notes


def test_only_what_reviews_or_blocks_has_a_band():
    policy = policy_of("hate", "violence", jailbreak=Rule(0.5, Action.FLAG))
    tuned = tune(made(6000, apart=4.0), policy, parse("max_recall@fpr<=0.02, reviews<=300/day"), texts_per_day=3000)
    assert set(tuned.changes) == {"hate", "violence", "jailbreak"}
    assert tuned.policy.rules[Role.TEXT]["jailbreak"].review_band == Band()


def test_a_cheap_look_is_taken_and_a_dear_one_is_not():
    def reviewed(price):
        tuned = tune(made(4000), POLICY, parse("min_cost"), costs=Costs(false_alarm=1, miss=2, review=price))
        return next(each for each in tuned.measured if each.figure == "reviews").errors

    assert reviewed(0.05) > reviewed(0.5) > reviewed(50) == 0


def test_a_category_that_only_reviews_keeps_its_band_and_its_reviews_are_part_of_the_load():
    own = Rule(0.5, Action.REVIEW, Band(0.1, 0.2))
    rows, policy = made(6000), policy_of("hate", "violence", jailbreak=own)
    tuned = tune(rows, policy, parse("reviews<=900/day"), texts_per_day=3000)
    _, decided = counted(rows, tuned)
    (promised,) = tuned.promises
    assert promised.errors == (decided.actions == Action.REVIEW.gravity).sum()
    assert promised.errors / promised.rows < promised.bound <= 0.3
    assert tuned.policy.rules[Role.TEXT]["jailbreak"] == own
    (refusal,) = tune(rows, policy, parse("reviews<=30/day"), texts_per_day=3000).refusals
    assert refusal.words == (
        f"overall: reviews <= 0.01 at 0.95 confidence cannot be promised: {refusal.errors} of {refusal.rows:,} rows of "
        "traffic are reviewed even without bands; more rows would not help"
    )
