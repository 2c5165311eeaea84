"""The same data given to scikit-learn and to MAPIE: the same thresholds, or others that are as good."""

import numpy as np
import pytest
from mapie.risk_control import BinaryClassificationController
from scipy.stats import binom
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import f1_score, make_scorer, recall_score
from sklearn.model_selection import TunedThresholdClassifierCV

from models.tuning.levels import GRID
from models.tuning.objective import Scope, parse
from models.tuning.rows import distinct
from models.tuning.tune import tune
from taxonomy.decision import STEPS
from tests.models.tuning.made import HATE, made, policy_of

ROWS = 4000
SHARES = GRID / STEPS


class Scores(ClassifierMixin, BaseEstimator):
    """A fitted classifier whose only feature is its probability."""

    def fit(self, x, y):
        self.classes_ = np.array([0, 1])
        return self

    def predict_proba(self, x):
        return np.column_stack([1 - x[:, 0], x[:, 0]])


@pytest.fixture(scope="module")
def one():
    """Rows of one category, scores to four decimals as they are served; and which were chosen on and verified on."""
    rows = made(ROWS, seed=4, slugs=("hate",))
    tuned = tune(rows, policy_of("hate"), parse("max_f1"))
    scores = distinct(rows).scores[:, HATE] / STEPS
    return rows, scores, rows.labels[:, HATE], tuned.choosing


def tuned_by_sklearn(scores, labels, scoring):
    tuner = TunedThresholdClassifierCV(Scores(), scoring=scoring, cv="prefit", refit=False, thresholds=SHARES)
    tuner.estimator.fit(scores[:, None], labels)
    return tuner.fit(scores[:, None], labels.astype(int)).best_threshold_


@pytest.mark.parametrize("scope", Scope)
def test_scikit_learn_finds_the_same_f1(one, scope):
    rows, scores, labels, choosing = one
    ours = tune(rows, policy_of("hate"), parse("max_f1"), scope=scope).changes["hate"].threshold
    theirs = tuned_by_sklearn(scores[choosing], labels[choosing], "f1")
    of_each = [f1_score(labels[choosing], scores[choosing] >= at) for at in (ours, theirs)]
    assert of_each[0] == of_each[1] > 0.7
    # And no threshold at all, on the grid or off it, is much better.
    best = max(f1_score(labels[choosing], scores[choosing] >= at) for at in np.unique(scores[choosing]))
    assert of_each[0] > best - 0.005


def test_scikit_learn_finds_the_same_recall_under_a_constraint(one):
    """A budget of errors on the verifying rows, counted, is what the bound comes down to."""
    rows, scores, labels, choosing = one
    tuned = tune(rows, policy_of("hate"), parse("max_recall@fpr<=0.05"), scope=Scope.CATEGORY)
    (promised,) = tuned.promises

    def recall_within(y, stops):
        return recall_score(y, stops) if (stops[y == 0] == 1).sum() <= promised.errors else 0.0

    theirs = tuned_by_sklearn(scores[~choosing], labels[~choosing], make_scorer(recall_within))
    ours = tuned.changes["hate"].threshold
    caught = [recall_score(labels[~choosing], scores[~choosing] >= at) for at in (ours, theirs)]
    assert caught[0] == pytest.approx(caught[1], abs=0.002)


@pytest.mark.parametrize(
    ("objective", "risk", "level"),
    [
        ("max_recall@fpr<=0.02", "fpr", 0.02),
        ("max_recall@fpr<=0.1", "fpr", 0.1),
        ("min_fpr@recall>=0.9", "recall", 0.9),
        ("min_fpr@recall>=0.5", "recall", 0.5),
    ],
)
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_mapie_controls_the_same_risk_at_the_same_threshold(one, objective, risk, level, confidence):
    rows, scores, labels, choosing = one
    tuned = tune(rows, policy_of("hate"), parse(objective), scope=Scope.CATEGORY, confidence=confidence)
    controller = BinaryClassificationController(
        Scores().fit(None, None).predict_proba,
        risk,
        level,
        confidence,
        list_predict_params=SHARES,
        fwer_method="fixed_sequence",
    )
    controller.calibrate(scores[~choosing][:, None], labels[~choosing].astype(int))
    ours = tuned.changes["hate"].threshold
    valid = controller.valid_predict_params
    edge = valid.min() if risk == "fpr" else valid.max()
    if not np.isclose(valid, ours).any():
        # MAPIE counts errors as ceil(rows * rate): where the float lies above the whole number, one too many.
        (promised,) = tuned.promises
        theirs = float(controller.p_values[np.isclose(SHARES, ours)].item())
        assert theirs == pytest.approx(binom.cdf(promised.errors + 1, promised.rows, 1 - level))
        return
    # Of those that MAPIE allows we take the boldest, or one on which the rows chosen on see no difference.
    between = (scores[choosing] >= min(edge, ours)) & (scores[choosing] < max(edge, ours))
    assert not (between & (labels[choosing] == (risk == "fpr"))).any()


def test_mapie_too_finds_nothing_where_we_refuse(one):
    rows, scores, labels, choosing = one
    verifying = np.flatnonzero(~choosing)[:150]
    few = np.zeros(ROWS, bool)
    few[verifying] = True
    few[choosing] = True
    kept = type(rows)(*(None if each is None else each[few] for each in rows))
    tuned = tune(kept, policy_of("hate"), parse("max_recall@fpr<=0.01"), choosing=0.9)
    assert [each.missing is None for each in tuned.refusals] == [False]
    controller = BinaryClassificationController(
        Scores().fit(None, None).predict_proba, "fpr", 0.01, 0.95, list_predict_params=SHARES
    )
    with pytest.warns(UserWarning, match="No predict parameters were found"):
        controller.calibrate(scores[verifying][:, None], labels[verifying].astype(int))
    assert controller.best_predict_param is None
