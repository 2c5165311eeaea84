"""The gate between fp32 and int8."""

import numpy as np
import pytest

from models.calibrate import Calibration, CalibrationFile, Platt
from models.outputs import OUTPUTS
from models.training.export.parity import Limits, ParityError, check, compare
from taxonomy.categories import Role
from taxonomy.files import native, shipped_policies
from taxonomy.policy import decided_slugs

pytestmark = pytest.mark.train

# At one half everywhere: how often a shift changes a verdict must not depend on how the shipped policy is tuned.
POLICY = shipped_policies()["default"].with_thresholds(dict.fromkeys(decided_slugs(native()), 0.5))
PLAIN = Calibration(CalibrationFile("platt", dict.fromkeys(OUTPUTS, Platt())), OUTPUTS)


@pytest.fixture
def logits():
    return np.random.default_rng(3).normal(-2, 2, (200, len(OUTPUTS))).astype(np.float32)


def compared(one, other, export=0.0):
    return compare(one, other, PLAIN, [Role.PROMPT] * len(one), POLICY, export)


def test_a_model_agrees_with_itself(logits):
    parity = compared(logits, logits)
    assert (parity.rows, parity.difference, parity.mean_difference, parity.flips) == (200, 0, 0, 0)
    assert set(parity.spearman.values()) == {1.0}
    check(parity, Limits())


def test_a_little_noise_passes(logits):
    check(
        compared(logits, logits + np.random.default_rng(4).normal(0, 0.02, logits.shape).astype(np.float32)), Limits()
    )


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda x: x[::-1], "rank correlation"),
        (lambda x: x + 1.5, "largest difference of a probability is 0.3"),
        (lambda x: x + 0.3, "mean difference of a probability"),
        (lambda x: x + 1.5, "share of changed verdicts"),
        (lambda x: np.zeros_like(x), "rank correlation of violence is nan"),
        (lambda x: np.full_like(x, np.nan), "largest difference of a probability is nan"),
    ],
    ids=["another order", "far off", "shifted", "other verdicts", "constant", "not a number"],
)  # fmt: skip
def test_a_broken_model_is_refused_with_the_figure(logits, spoil, message):
    with pytest.raises(ParityError, match=message):
        check(compared(logits, spoil(logits)), Limits())


def test_an_export_that_is_not_the_trained_model_is_refused(logits):
    with pytest.raises(ParityError, match=r"fp32 against PyTorch, largest difference of a logit is 0\.2"):
        check(compared(logits, logits, export=0.2), Limits())
