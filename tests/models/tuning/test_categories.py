"""Each category's threshold by its own labels."""

import pytest

from models.outputs import OUTPUTS
from models.tuning.objective import Scope, parse
from models.tuning.tune import tune
from tests.models.tuning.made import POLICY, VIOLENCE, counted, made, without_known


@pytest.fixture(scope="module")
def rows_of_three():
    return made(4000, seed=3)


def test_each_by_its_own_labels_sharing_the_confidence(rows_of_three):
    tuned = tune(rows_of_three, POLICY, parse("max_recall@fpr<=0.02"), scope=Scope.CATEGORY)
    alone = tune(rows_of_three, POLICY, parse("max_recall@fpr<=0.02"), scope=Scope.CATEGORY, joint=False)
    assert {each.of for each in tuned.promises} == {"hate", "violence", "jailbreak"}
    off, _ = counted(rows_of_three, tuned)
    for each in tuned.promises:
        column, at = OUTPUTS.index(each.of), round(tuned.changes[each.of].threshold * 10_000)
        negative = off.negative[:, column]
        assert (each.errors, each.rows) == ((off.scores[negative, column] >= at).sum(), negative.sum())
    for slug, change in alone.changes.items():
        assert change.threshold <= tuned.changes[slug].threshold


def test_one_without_rows_is_refused_and_keeps_its_threshold(rows_of_three):
    rows = without_known(rows_of_three, VIOLENCE)
    tuned = tune(rows, POLICY, parse("max_recall@fpr<=0.02"), scope=Scope.CATEGORY)
    assert set(tuned.changes) == {"hate", "jailbreak"}
    assert not tuned.refused
    (refusal,) = tuned.refusals
    # Two have rows and share 5 %: 183 rows at 97.5 %.
    assert (refusal.of, refusal.rows, refusal.missing) == ("violence", 0, 366)
    assert refusal.words == (
        "violence: fpr <= 0.02 at 0.975 confidence cannot be promised: without an error at least 183 rows without "
        "it are needed, and there are 0 to verify it on: label about 366 more, of which 50% are to verify"
    )


@pytest.mark.parametrize("objective", ["max_f1", "min_cost"])
def test_one_without_a_positive_keeps_its_threshold_and_it_is_said(rows_of_three, objective):
    rows = without_known(rows_of_three, VIOLENCE)
    tuned = tune(rows, POLICY, parse(objective), scope=Scope.CATEGORY)
    assert set(tuned.changes) == {"hate", "jailbreak"}
    assert tuned.notes == ("violence keeps its threshold: no row to choose on is labelled with it",)


@pytest.mark.parametrize("objective", ["max_recall@fpr<=0.2", "min_fpr@recall>=0.3"])
def test_with_nothing_to_weigh_against_the_threshold_stays_where_the_promise_lets_it(rows_of_three, objective):
    fpr = objective.startswith("max_recall")
    labels = rows_of_three.labels
    known = rows_of_three.known & (~labels if fpr else labels)
    tuned = tune(rows_of_three._replace(known=known), POLICY, parse(objective), scope=Scope.CATEGORY)
    assert {change.threshold for change in tuned.changes.values()} == {0.5}
