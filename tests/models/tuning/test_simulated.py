"""A promise holds as often as it says: 1,000 draws from rows whose true rates are known.

A draw is taken with replacement, so a rate among the rows drawn from is the true rate.
"""

import numpy as np
import pytest

from models.decide import decide_all
from models.tuning.objective import Scope, parse
from models.tuning.rows import distinct
from models.tuning.tune import tune
from tests.models.tuning.made import HATE, SLUGS, VIOLENCE, made, policy_of, taken

DRAWS = 1000
CATEGORIES = ("hate", "violence")
POLICY = policy_of(*CATEGORIES)


@pytest.fixture(scope="module")
def truth():
    rows = made(6000, seed=11, slugs=CATEGORIES, apart=4.5)
    return rows, distinct(rows)


def true_rates(truth, policy):
    """The share of harmless rows stopped, of harmful rows missed, and the decisions on each category."""
    _, merged = truth
    decided = decide_all(merged.scores, merged.roles, merged.supported, policy)
    stops = decided.actions > 0
    return stops[merged.harmless].mean(), (~stops)[merged.harmful].mean()


def draws(truth, size, text, number=DRAWS, **arguments):
    rows, _ = truth
    for seed in range(number):
        places = np.random.default_rng(seed).integers(0, len(rows.scores), size)
        yield tune(taken(rows, places), POLICY, parse(text), seed=seed, **arguments)


def test_one_budget_of_false_positives_for_all_categories(truth):
    broken, promised, recalls = 0, 0, []
    for tuned in draws(truth, 2000, "max_recall@fpr<=0.01"):
        promised += bool(tuned.promises)
        stopped, missed = true_rates(truth, tuned.policy)
        broken += bool(tuned.promises) and stopped > 0.01
        recalls.append(1 - missed)
    assert promised == DRAWS
    assert broken <= 0.05 * DRAWS
    assert np.median(recalls) > 0.3  # kept, but not by stopping nothing


def test_what_is_chosen_without_verifying_breaks_its_limit_often(truth):
    """What the tests above can see: the same path, taken where the rows chosen on look good enough."""
    rows, _ = truth
    broken = 0
    for seed in range(100):
        places = np.random.default_rng(seed).integers(0, len(rows.scores), 2000)
        tuned = tune(taken(rows, places), POLICY, parse("max_recall@fpr<=0.01"), seed=seed)
        broken += tuned.rates.verified_fpr[np.flatnonzero(tuned.rates.fpr <= 0.01)[-1]] > 0.01
    assert broken > 30


def test_a_least_recall(truth):
    broken, promised = 0, 0
    for tuned in draws(truth, 800, "min_fpr@recall>=0.9"):
        promised += bool(tuned.promises)
        broken += bool(tuned.promises) and true_rates(truth, tuned.policy)[1] > 0.1
    assert promised == DRAWS
    assert broken <= 0.05 * DRAWS


def test_promises_for_each_category_hold_together(truth):
    _, merged = truth
    broken, promised = 0, 0
    for tuned in draws(truth, 1500, "max_recall@fpr<=0.02", scope=Scope.CATEGORY):
        promised += len(tuned.promises)
        decided = decide_all(merged.scores, merged.roles, merged.supported, tuned.policy)
        rates = [
            (merged.scores[merged.negative[:, column], column] >= round(change.threshold * 10_000)).mean()
            for column, change in ((HATE, tuned.changes["hate"]), (VIOLENCE, tuned.changes["violence"]))
        ]
        assert decided.actions.any()
        broken += max(rates) > 0.02
    assert promised == 2 * DRAWS
    assert broken <= 0.05 * DRAWS
    assert set(tuned.changes) <= set(SLUGS)


def test_a_limit_of_false_positives_and_a_recall_with_bands_hold_together(truth):
    _, merged = truth
    broken, both = 0, 0
    for tuned in draws(truth, 2000, "max_recall@fpr<=0.02, recall>=0.7", 300):
        decided = decide_all(merged.scores, merged.roles, merged.supported, tuned.policy)
        kept = {
            "fpr": decided.flagged[merged.harmless].mean() <= 0.02,
            "recall": (decided.actions > 0)[merged.harmful].mean() >= 0.7,
        }
        both += len(tuned.promises) == 2
        broken += not all(kept[each.figure] for each in tuned.promises)
    assert both > 0.9 * 300
    assert broken <= 0.05 * 300
