"""What tune() answers: thresholds that serving decides with, promises that were counted there, refusals in words."""

import numpy as np
import pytest

from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.tuning.objective import Costs, Counted, parse
from models.tuning.tune import tune
from taxonomy.categories import Role
from taxonomy.files import shipped_policies
from taxonomy.policy import Action, Band, OnUnsupported
from tests.models.tuning.made import HATE, POLICY, SLUGS, counted, made, policy_of, taken


@pytest.fixture(scope="module")
def rows_of_three():
    return made(4000, seed=3)


@pytest.mark.parametrize("name", sorted(shipped_policies()))
def test_the_promise_is_what_the_policy_does_to_the_verifying_rows(name):
    rows = made(6000, apart=6.0)._replace(roles=np.random.default_rng(1).integers(0, len(Role), 6000).astype(np.uint8))
    tuned = tune(rows, shipped_policies()[name], parse("max_recall@fpr<=0.02"))
    (promised,) = tuned.promises
    off, decided = counted(rows, tuned)
    stops = decided.actions > 0
    assert (promised.of, promised.figure, promised.limit) == ("overall", "fpr", 0.02)
    assert (promised.errors, promised.rows) == (stops[off.harmless].sum(), off.harmless.sum())
    assert promised.errors / promised.rows < promised.bound <= 0.02
    recall = next(each for each in tuned.measured if (each.of, each.figure) == ("overall", "recall"))
    assert recall.limit is None
    assert recall.bound < 1 - recall.errors / recall.rows
    assert tuned.verified_on == promised.rows + recall.rows
    allowed = {
        slug for slug in SLUGS if all(r[slug].action == "allow" for r in shipped_policies()[name].rules.values())
    }
    assert set(tuned.changes) == set(SLUGS) - allowed


def test_actions_names_and_bands_stay(rows_of_three):
    before = policy_of("hate", "violence", "jailbreak", action=Action.REVIEW, band=Band(0.05, 0.01))
    after = tune(rows_of_three, before, parse("max_recall@fpr<=0.02")).policy
    for role in Role:
        for slug in SLUGS:
            old, new = before.rules[role][slug], after.rules[role][slug]
            assert (old.action, old.review_band, old.shadow) == (new.action, new.review_band, new.shadow)
    assert (after.name, after.on_error, after.on_unsupported) == (before.name, before.on_error, before.on_unsupported)


def test_thresholds_are_hundredths_or_thousandths(rows_of_three):
    changes = tune(rows_of_three, POLICY, parse("max_recall@fpr<=0.02")).changes
    assert all(change.threshold == round(change.threshold, 3) for change in changes.values())


def test_the_same_rows_give_the_same_answer(rows_of_three):
    answers = [tune(rows_of_three, POLICY, parse("max_recall@fpr<=0.02"), seed=seed) for seed in (1, 1, 2)]
    assert answers[0].changes == answers[1].changes
    assert answers[0].promises == answers[1].promises
    assert (answers[0].choosing == answers[1].choosing).all()
    assert (answers[0].choosing != answers[2].choosing).any()


def test_more_is_caught_with_a_wider_budget(rows_of_three):
    def recall(limit):
        tuned = tune(rows_of_three, POLICY, parse(f"max_recall@fpr<={limit}"))
        found = next(each for each in tuned.measured if (each.of, each.figure) == ("overall", "recall"))
        return 1 - found.errors / found.rows

    assert recall(0.01) < recall(0.05) < recall(0.2)


def test_a_least_recall_costs_as_few_false_positives_as_it_can(rows_of_three):
    tuned = tune(rows_of_three, POLICY, parse("min_fpr@recall>=0.8"))
    (promised,) = tuned.promises
    assert promised.figure == "recall"
    assert promised.limit == 0.8 <= promised.bound < 0.82
    assert 1 - promised.errors / promised.rows > promised.bound


def test_scores_in_ten_thousandths_are_the_probabilities(rows_of_three):
    steps = np.rint(rows_of_three.scores * 10_000).astype(np.uint16)
    of_each = [tune(each, POLICY, parse("max_f1")) for each in (rows_of_three, rows_of_three._replace(scores=steps))]
    assert of_each[0].changes == of_each[1].changes


def test_rows_only_known_to_be_unsafe_are_rows_to_catch(rows_of_three):
    harmful = rows_of_three.labels.any(axis=1)
    known = rows_of_three.known.copy()
    known[np.ix_(harmful, [i for i, name in enumerate(OUTPUTS) if name not in (UNSAFE, ATTACK)])] = False
    tuned = tune(rows_of_three._replace(known=known), POLICY, parse("max_recall@fpr<=0.02"))
    assert tuned.tally.harmful == harmful.sum()
    assert tuned.tally.unjudged == 0
    assert tuned.promises


def test_rows_that_nobody_judged_are_counted_and_left_out(rows_of_three):
    known = rows_of_three.known.copy()
    known[:1000] = False
    tuned = tune(rows_of_three._replace(known=known), POLICY, parse("max_recall@fpr<=0.02"))
    assert tuned.tally.unjudged == 1000
    assert tuned.chosen_on + tuned.verified_on == 3000


def test_what_the_policy_lets_pass_is_neither_harmless_nor_to_be_caught(rows_of_three):
    tuned = tune(rows_of_three, policy_of("hate", "violence"), parse("max_recall@fpr<=0.02"))
    assert tuned.tally.excused == rows_of_three.labels[:, OUTPUTS.index("jailbreak")].sum() > 0
    assert "jailbreak" not in tuned.changes


def test_a_category_that_no_row_holds_keeps_its_threshold_or_goes_above_what_it_would_stop(rows_of_three):
    policy = policy_of("hate", "violence", "jailbreak", "malware", "fraud_deception")
    scores = rows_of_three.scores.copy()
    scores[::50, OUTPUTS.index("fraud_deception")] = 0.8
    tuned = tune(rows_of_three._replace(scores=scores), policy, parse("max_recall@fpr<=0.05"))
    assert tuned.changes["malware"].threshold == 0.5
    assert tuned.changes["fraud_deception"].threshold == 0.81


def test_copies_count_once_and_stand_on_one_side(rows_of_three):
    places = np.concatenate([np.arange(4000), np.repeat(np.flatnonzero(~rows_of_three.labels.any(axis=1))[:3], 500)])
    more = taken(rows_of_three, places)._replace(groups=places)
    once, often = (tune(each, POLICY, parse("max_recall@fpr<=0.02")) for each in (rows_of_three, more))
    assert often.tally.rows == 5500
    assert often.tally.distinct == 4000
    assert once.promises == often.promises
    assert (often.choosing[:4000] == once.choosing).all()
    assert (often.choosing[4000:] == once.choosing[places[4000:]]).all()
    assert often.kept[:4000].all()
    assert not often.kept[4000:].any()


def test_copies_that_disagree_say_nothing(rows_of_three):
    harmless = np.flatnonzero(~rows_of_three.labels.any(axis=1))[:40]
    places = np.concatenate([np.arange(4000), harmless])
    rows = taken(rows_of_three, places)._replace(groups=places)
    rows.labels[4000:, [HATE, OUTPUTS.index(UNSAFE)]] = True
    tuned = tune(rows, POLICY, parse("max_recall@fpr<=0.02"))
    assert tuned.tally.contradictory == tuned.tally.unjudged == 40
    assert tuned.tally.distinct == 4000


def test_rows_in_other_languages_are_stopped_whatever_they_score(rows_of_three):
    supported = np.arange(4000) % 20 != 0
    policy = policy_of("hate", "violence", "jailbreak", unsupported=OnUnsupported.REVIEW)
    rows = rows_of_three._replace(supported=supported)
    (refusal,) = tune(rows, policy, parse("max_recall@fpr<=0.02")).refusals
    assert refusal.missing is None
    assert refusal.words == (
        f"overall: fpr <= 0.02 at 0.95 confidence cannot be promised: {refusal.errors} of {refusal.rows:,} harmless "
        "rows are stopped even with the most careful thresholds; more rows would not help"
    )
    # A review is no block.
    assert tune(rows, policy, parse("max_recall@fpr<=0.02"), counts=Counted.BLOCK).promises


def test_dear_misses_lower_thresholds_and_dear_alarms_raise_them(rows_of_three):
    def fpr(false_alarm, miss):
        costs = Costs(false_alarm=false_alarm, miss=miss)
        measured = tune(rows_of_three, POLICY, parse("min_cost"), costs=costs).measured
        return next(each for each in measured if each.figure == "fpr").errors

    assert fpr(1, 20) > fpr(1, 1) > fpr(20, 1)
