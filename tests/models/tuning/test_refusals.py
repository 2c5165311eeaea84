"""What too few rows, or rows of one kind, are told: what cannot be promised, and how many more it takes."""

import numpy as np
import pytest

from models.outputs import OUTPUTS
from models.tuning.objective import parse
from models.tuning.rows import LabelledRows
from models.tuning.tune import tune
from tests.models.tuning.made import HATE, POLICY, made, policy_of


def test_ten_rows():
    tuned = tune(made(10), POLICY, parse("max_recall@fpr<=0.01"))
    (refusal,) = tuned.refusals
    assert tuned.refused
    assert tuned.changes == {}
    assert tuned.policy == POLICY
    assert refusal.rows == 3
    assert refusal.missing == 2 * (299 - 3)
    assert refusal.words == (
        "overall: fpr <= 0.01 at 0.95 confidence cannot be promised: without an error at least 299 harmless rows "
        "are needed, and there are 3 to verify it on: label about 592 more, of which 50% are to verify"
    )


def test_the_share_that_chooses_is_counted():
    (refusal,) = tune(made(100), POLICY, parse("min_fpr@recall>=0.95"), choosing=0.8).refusals
    assert refusal.missing == pytest.approx((59 - refusal.rows) / 0.2, abs=1)
    assert refusal.words == (
        "overall: recall >= 0.95 at 0.95 confidence cannot be promised: without an error at least 59 harmful rows "
        f"are needed, and there are {refusal.rows} to verify it on: label about {refusal.missing} more, of which "
        "20% are to verify"
    )


def test_as_many_as_are_said_to_be_missing_are_enough():
    rows = made(400, harmful=0.2)
    (refusal,) = tune(rows, POLICY, parse("max_recall@fpr<=0.01")).refusals
    harmless = np.flatnonzero(~rows.labels.any(axis=1))
    more = made(4000, seed=8, harmful=0.2)
    extra = np.flatnonzero(~more.labels.any(axis=1))[: refusal.missing + 1]
    both = LabelledRows(
        *(
            np.concatenate([getattr(rows, name), getattr(more, name)[extra]])
            for name in ("scores", "labels", "known", "roles")
        ),
        np.arange(400 + len(extra)),
        np.ones(400 + len(extra), bool),
    )
    assert len(harmless) + refusal.missing in (2 * 299, 2 * 299 + 1)
    assert tune(both, POLICY, parse("max_recall@fpr<=0.01")).promises


@pytest.mark.parametrize(
    ("harmful", "objective", "kind"),
    [
        (0, "max_recall@fpr<=0.05", "harmful"),
        (0, "max_f1", "harmful"),
        (0, "min_cost", "harmful"),
        (1, "min_fpr@recall>=0.9", "harmless"),
        (1, "max_f1", "harmless"),
    ],
)
def test_one_class_only(harmful, objective, kind):
    (refusal,) = tune(made(1000, harmful=harmful), POLICY, parse(objective)).refusals
    assert refusal.words == (
        f"overall: no row to choose on is labelled {kind}, so nothing tells one threshold from another: label some"
    )


@pytest.mark.parametrize(("harmful", "objective"), [(1, "max_recall@fpr<=0.05"), (0, "min_fpr@recall>=0.9")])
def test_nothing_of_the_kind_that_is_promised(harmful, objective):
    tuned = tune(made(1000, harmful=harmful), POLICY, parse(objective))
    assert tuned.refused
    assert tuned.refusals[0].rows == 0


def test_all_scores_equal():
    rows = made(2000)
    rows = rows._replace(scores=np.full_like(rows.scores, 0.5))
    tuned = tune(rows, POLICY, parse("max_recall@fpr<=0.01"))
    (promised,) = tuned.promises  # kept by stopping nothing, and the recall says so
    recall = next(each for each in tuned.measured if each.figure == "recall")
    assert promised.errors == 0
    assert recall.bound == 0
    assert min(change.threshold for change in tuned.changes.values()) > 0.5


def test_ties_at_the_threshold_are_taken_whole():
    rows = made(3000, harmful=0.3)
    scores = np.where(rows.labels[:, [HATE]], 0.6, 0.1) * np.ones(len(OUTPUTS))
    harmless = np.flatnonzero(~rows.labels.any(axis=1))
    scores[harmless[::20]] = 0.6  # a twentieth of the harmless ties with all that is to be caught
    tuned = tune(rows._replace(scores=scores), policy_of("hate"), parse("max_recall@fpr<=0.01"))
    assert tuned.promises[0].errors == 0
    assert tuned.changes["hate"].threshold > 0.6
    wide = tune(rows._replace(scores=scores), policy_of("hate"), parse("max_recall@fpr<=0.1"))
    assert wide.changes["hate"].threshold <= 0.6
    assert wide.promises[0].errors > 0
