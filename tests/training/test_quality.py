"""Figures against scikit-learn and against what is known by hand."""

import numpy as np
import pytest

from models.calibrate import Calibration, Scale
from models.outputs import OUTPUTS
from models.training.evaluate.quality import (
    average_precision,
    calibration_error,
    decided,
    harmful_rows,
    harmless_rows,
    per_category,
    roc_auc,
    spearman,
)
from models.training.tune.calibration import LEAST_SLOPE, TAIL_SHARE, fit, fit_one, fit_tail
from taxonomy.categories import Role

pytestmark = pytest.mark.train

UNSAFE, HATE, ATTACK = (OUTPUTS.index(name) for name in ("unsafe", "hate", "attack"))


def floats(*values):
    return np.array(values, dtype=np.float32)


def test_rank_correlation():
    assert spearman(floats(1, 2, 3, 4), floats(-9, 0, 1, 50)) == pytest.approx(1)
    assert spearman(floats(1, 2, 3, 4), floats(4, 3, 2, 1)) == pytest.approx(-1)
    assert spearman(floats(1, 2, 2, 4), floats(1, 2, 3, 4)) == pytest.approx(0.9486833)  # scipy.stats.spearmanr
    assert np.isnan(spearman(floats(1, 1, 1), floats(1, 2, 3)))


def test_ranking_figures_need_both_polarities():
    scores = floats(0.9, 0.1)
    assert average_precision(scores, np.array([True, False])) == roc_auc(scores, np.array([True, False])) == 1.0
    assert average_precision(scores, np.array([True, True])) is None
    assert roc_auc(scores, np.array([False, False])) is None


def test_calibration_error():
    assert calibration_error(floats(0.8, 0.8, 0.8, 0.8, 0.8), floats(1, 1, 1, 1, 0)) == pytest.approx(0, abs=1e-6)
    assert calibration_error(floats(0.9, 0.9, 0.1, 0.1), floats(0, 0, 0, 0)) == pytest.approx(0.5)
    assert calibration_error(floats(1.0), floats(1.0)) == 0
    assert calibration_error(floats(), floats()) is None


def test_divided_raters_and_unjudged_rows_decide_nothing():
    positive, negative = decided(floats(1, 0.5, 0.3, 0.1, 1), floats(1, 0.5, 1, 1, 0.3))
    assert positive.tolist() == [True, True, False, False, False]
    assert negative.tolist() == [False, False, False, True, False]


def test_a_harmless_row_is_harmless_in_every_judged_output_and_an_attack_is_harmful():
    values, weights = np.zeros((4, len(OUTPUTS)), np.float32), np.ones((4, len(OUTPUTS)), np.float32)
    values[1, HATE] = 1
    values[2, ATTACK] = 1
    values[3, UNSAFE] = 1
    weights[3] = 0
    assert harmless_rows(values, weights).tolist() == [True, False, False, False]
    assert harmful_rows(values, weights).tolist() == [False, False, True, False]


def test_a_category_is_measured_from_twenty_rows_of_each_polarity_on():
    values, weights = np.zeros((60, len(OUTPUTS)), np.float32), np.zeros((60, len(OUTPUTS)), np.float32)
    values[:20, HATE] = values[:19, UNSAFE] = 1
    weights[:, [HATE, UNSAFE]] = 1
    assert per_category(values, values, weights) == {"hate": 1.0}


def test_calibration_finds_the_true_slope_and_intercept():
    rng = np.random.default_rng(1)
    logits = rng.normal(-1, 3, 20_000).astype(np.float32)
    truth = (rng.random(20_000) < 1 / (1 + np.exp(-(0.5 * logits + 1)))).astype(np.float32)
    found = fit_one(logits, truth, np.ones_like(truth), Scale())
    assert found.slope == pytest.approx(0.5, abs=0.02)
    assert found.intercept == pytest.approx(1, abs=0.05)


def test_soft_targets_are_met_on_average():
    logits, shares = floats(*[-2.0] * 500, *[2.0] * 500), floats(*[0.2] * 500, *[0.6] * 500)
    found = fit_one(logits, shares, np.ones_like(shares), Scale())
    probabilities = 1 / (1 + np.exp(-(found.slope * floats(-2, 2) + found.intercept)))
    assert probabilities == pytest.approx([0.2, 0.6], abs=0.02)


def test_without_positives_the_sigmoid_stays_as_it_is():
    found = fit_one(floats(-4, -5, -6), floats(0, 0, 0), floats(1, 1, 1), Scale())
    assert (found.slope, found.intercept) == (1.0, 0.0)


def test_few_positives_move_it_little_even_when_they_separate_perfectly():
    logits, truth = floats(*[-5.0] * 300, -1, -1, -1), floats(*[0.0] * 300, 1, 1, 1)
    found = fit_one(logits, truth, np.ones_like(truth), Scale())
    assert 0.5 < found.slope < 1.6
    assert abs(found.intercept) < 1


def test_the_order_of_the_scores_is_kept_even_against_the_labels():
    logits = np.linspace(-3, 3, 400, dtype=np.float32)
    found = fit_one(logits, (logits < 0).astype(np.float32), np.ones_like(logits), Scale())
    assert found.slope >= LEAST_SLOPE


def test_masked_rows_and_texts_without_a_token_do_not_count():
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 2, (200, len(OUTPUTS))).astype(np.float32)
    values = (logits > 0).astype(np.float32)
    weights = np.ones_like(values)
    roles = [Role.PROMPT, Role.TEXT] * 100
    plain = fit(logits, values, weights, roles)
    masked, empty = (logits[:1], 1 - values[:1], weights[:1] * 0), (logits[:1] - np.inf, values[:1], weights[:1])
    more = [np.concatenate(parts) for parts in zip((logits, values, weights), masked, empty, strict=True)]
    assert fit(*more, [*roles, Role.TEXT, Role.TEXT]).outputs == plain.outputs
    assert Calibration(plain, OUTPUTS).probabilities(logits, roles).shape == logits.shape


def test_each_role_has_a_pair_of_its_own_and_a_rare_one_that_of_all():
    """Posts hold at a logit of -3 or more, prompts at -1 or more; of documents there is one row, of responses none."""
    rng = np.random.default_rng(4)
    logits = rng.normal(0, 2, (2001, len(OUTPUTS))).astype(np.float32)
    roles = [Role.TEXT] * 1000 + [Role.PROMPT] * 1000 + [Role.DOCUMENT]
    edge = np.array([-3.0] * 1000 + [-1.0] * 1000 + [0.0], np.float32)[:, None]
    truth = (rng.logistic(0, 1, logits.shape) < logits - edge).astype(np.float32)
    found = fit(logits, truth, np.ones_like(logits), roles).outputs["violence"]
    assert found.of(Role.TEXT).intercept == pytest.approx(3.0, abs=0.3)
    assert found.of(Role.PROMPT).intercept == pytest.approx(1.0, abs=0.3)
    assert found.intercept == pytest.approx(1.8, abs=0.3)
    assert found.of(Role.DOCUMENT).intercept == pytest.approx(found.intercept, abs=0.1)
    assert set(found.roles) == {Role.TEXT, Role.PROMPT, Role.DOCUMENT}


def test_where_two_polarities_are_needed_and_one_is_rare_the_prior_stays():
    prior = Scale(0.8, -1.0)
    logits, truth = np.linspace(-3, 3, 405, dtype=np.float32), np.ones(405, np.float32)
    assert fit_one(logits, truth, np.ones_like(truth), prior) == prior
    truth[:5] = 0
    found = fit_one(logits, truth, np.ones_like(truth), prior)
    assert found.slope == pytest.approx(0.8, abs=0.3)
    assert found.intercept < 1  # alone the rows would say 5


def test_rows_that_separate_perfectly_stay_near_the_prior():
    logits = np.concatenate([np.full(500, -1, np.float32), np.full(500, 1, np.float32)])
    truth = (logits > 0).astype(np.float32)
    low, high = (fit_one(logits, truth, np.ones_like(truth), Scale(slope)).slope for slope in (0.5, 3.0))
    assert high > low + 0.5


def test_the_tail_of_harmless_logits_is_a_share_of_their_mean_excess():
    logits = np.random.default_rng(1).exponential(0.7, 20_000).astype(np.float32)
    assert fit_tail(logits) == pytest.approx(TAIL_SHARE * 0.7, rel=0.1)
    assert fit_tail(logits - 5) == pytest.approx(TAIL_SHARE * 0.7, rel=0.1)
    assert fit_tail(10 * logits) == pytest.approx(10 * fit_tail(logits), rel=1e-4)


@pytest.mark.parametrize("logits", [[], [1.0], [2.0] * 50], ids=["none", "one", "all alike"])
def test_without_a_tail_length_costs_nothing(logits):
    assert fit_tail(np.array(logits, np.float32)) == 0.0


def test_the_tail_comes_from_harmless_rows_alone():
    logits = np.zeros((200, len(OUTPUTS)), np.float32)
    values = np.zeros_like(logits)
    logits[:100] = np.linspace(-4, -1, 100)[:, None]
    logits[100:], values[100:] = 50.0, 1.0
    found = fit(logits, values, np.ones_like(logits), [Role.TEXT] * 200).outputs["violence"]
    assert found.tail == fit_tail(logits[:100, 0])
