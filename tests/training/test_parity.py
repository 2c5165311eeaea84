"""The gate between fp32 and int8."""

import json
from pathlib import Path

import msgspec
import numpy as np
import pytest

import models
from models.calibrate import Calibration, CalibrationFile, Platt
from models.encode import Item
from models.outputs import OUTPUTS
from models.training.evaluate.judged import judged
from models.training.export.category import CategoryParity
from models.training.export.parity import FEWEST_HOLDING, FEWEST_NEAR, Limits, Parity, ParityError, check, compare
from models.training.export.parity_tables import parity_tables
from taxonomy.categories import Role
from taxonomy.files import native, shipped_policies
from taxonomy.policy import Action, decided_slugs

pytestmark = pytest.mark.train

# At one half everywhere: how often a shift changes a verdict must not depend on how the shipped policy is tuned.
POLICY = shipped_policies()["default"].with_thresholds(dict.fromkeys(decided_slugs(native()), 0.5))
HATE, UNSAFE = OUTPUTS.index("hate"), OUTPUTS.index("unsafe")
PLAIN = Calibration(CalibrationFile("platt", dict.fromkeys(OUTPUTS, Platt())), OUTPUTS)


@pytest.fixture
def logits():
    return np.random.default_rng(3).normal(-2, 2, (200, len(OUTPUTS))).astype(np.float32)


def compared(one, other, export=0.0, **more):
    return compare(one, other, PLAIN, [Role.PROMPT] * len(one), POLICY, export, **more)


def logit(probability):
    return np.float32(np.log(probability / (1 - probability)))


def only_hate(*probabilities):
    """Return logits of one row for each probability of hate, everything else far below its threshold."""
    logits = np.full((len(probabilities), len(OUTPUTS)), -6, dtype=np.float32)
    logits[:, HATE] = [logit(each) for each in probabilities]
    return logits


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
        (lambda x: x + 1.5, "difference that one in a thousand of a role exceeds is 0.3"),
        (lambda x: x + 0.3, "mean difference of a probability"),
        (lambda x: x - 4, "share of changed verdicts"),
        (lambda x: np.zeros_like(x), "rank correlation of violence is nan"),
        (lambda x: np.full_like(x, np.nan), "one in a thousand of a role exceeds is nan"),
    ],
    ids=["another order", "far off", "shifted", "other verdicts", "constant", "not a number"],
)  # fmt: skip
def test_a_broken_model_is_refused_with_the_figure(logits, spoil, message):
    with pytest.raises(ParityError, match=message):
        check(compared(logits, spoil(logits)), Limits())


def test_an_export_that_is_not_the_trained_model_is_refused(logits):
    with pytest.raises(ParityError, match=r"fp32 against PyTorch, largest difference of a logit is 0\.2"):
        check(compared(logits, logits, export=0.2), Limits())


def test_a_category_is_compared_at_its_operating_point():
    before = only_hate(0.10, 0.45, 0.20, 0.30, 0.90)
    after = only_hate(0.35, 0.55, 0.85, 0.39, 0.99)
    found = compared(before, after).categories["hate"]
    # Second, within 0.1 of one half; third, on either side of it. The first moves far, but far from there.
    assert (found.near, found.difference, found.near_difference) == (2, 0.65, 0.1)
    # The policy reviews from 0.4 on and blocks from 0.5 on: two of the three on which it acts change.
    assert (found.acting, found.flips) == (3, 0.6667)


def test_a_category_that_no_row_comes_near_to_has_no_difference_and_passes():
    parity = compared(only_hate(0.1, 0.2, 0.3), only_hate(0.1, 0.2, 0.3))
    assert parity.categories["hate"] == CategoryParity()
    check(msgspec.structs.replace(parity, spearman={}), Limits())


def test_unsafe_is_compared_as_other_and_attack_has_no_operating_point():
    before = only_hate(0.1, 0.1)
    after = before.copy()
    before[:, UNSAFE], after[:, UNSAFE] = logit(0.45), logit(0.55)
    parity = compared(before, after)
    unsafe = parity.categories["unsafe"]
    assert (unsafe.near, unsafe.difference, unsafe.acting, unsafe.flips) == (2, 0.1, 2, 1.0)
    after[:, OUTPUTS.index("attack")] = logit(0.99)
    assert compared(before, after).categories["attack"] == CategoryParity()


def test_the_threshold_is_that_of_the_role():
    policy = msgspec.structs.replace(
        POLICY, rules=POLICY.rules | {Role.TEXT: POLICY.with_thresholds({"hate": 0.9}).rules[Role.TEXT]}
    )
    rows = only_hate(0.5, 0.5), only_hate(0.5, 0.5)
    found = compare(*rows, PLAIN, [Role.PROMPT, Role.TEXT], policy, 0.0).categories["hate"]
    assert (found.near, found.acting) == (1, 1)


def test_average_precision_is_lost_where_the_order_of_labelled_rows_is(logits):
    values = (logits > 0).astype(np.float32)
    targets = values, np.ones_like(values)
    assert compared(logits, logits, targets=targets).categories["hate"].precision_loss == 0
    after = logits.copy()
    after[:, HATE] *= -1
    found = compared(logits, after, targets=targets).categories
    assert found["hate"].holding == int(values[:, HATE].sum())
    assert found["hate"].precision_loss > 0.8
    assert found["threat"].precision_loss == 0
    assert compared(logits, after).categories["hate"].precision_loss is None


def test_a_few_that_stray_far_are_recorded_and_not_refused(logits):
    """Of 200 rows and 25 outputs one in a thousand is five: the rare difference is the sixth greatest."""
    after = logits.copy()
    after[:5, HATE] = -logits[:5, HATE]
    parity = compared(logits, after)
    assert parity.difference > 0.25
    assert parity.rare_difference == 0
    after[5:9, HATE] = -logits[5:9, HATE]
    assert compared(logits, after).rare_difference > 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"near": FEWEST_NEAR, "near_difference": 0.25},
            "difference near the threshold that one in ten exceeds of hate is 0.25, the limit is 0.2",
        ),
        ({"acting": 400, "flips": 0.4}, "share of changed actions of hate is 0.4, the limit is 0.35"),
        (
            {"holding": FEWEST_HOLDING, "precision_loss": 0.031},
            "loss of average precision of hate is 0.031, the limit is 0.03",
        ),
    ],
    ids=["near the threshold", "actions", "average precision"],
)
def test_one_category_beyond_a_limit_is_refused_by_name(logits, changes, message):
    parity = compared(logits, logits)
    spoilt = {"hate": msgspec.structs.replace(CategoryParity(), **changes)}
    with pytest.raises(ParityError) as refused:
        check(msgspec.structs.replace(parity, categories=parity.categories | spoilt), Limits(), "fp16")
    assert str(refused.value) == f"fp16 strays from fp32 over 200 rows: {message}"


def test_the_rare_difference_is_that_of_the_role_where_it_is_greatest(logits):
    roles = [Role.DOCUMENT if i < 20 else Role.PROMPT for i in range(len(logits))]
    after = logits.copy()
    after[:2, HATE] = -logits[:2, HATE]
    found = compare(logits, after, PLAIN, roles, POLICY, 0.0).rare_difference
    moved = np.abs(logits - after)[:2, HATE]
    assert found == pytest.approx(min(abs(2 / (1 + np.exp(moved / 2)) - 1)), abs=1e-3)
    assert compared(logits, after).rare_difference == 0


def test_verdicts_and_actions_that_change_are_those_of_the_service(logits):
    after = logits + np.random.default_rng(5).normal(0, 0.3, logits.shape).astype(np.float32)
    parity = compared(logits, after)
    items = [Item(Role.PROMPT, "")] * len(logits)
    one, other = (
        judged(PLAIN.probabilities(each, [Role.PROMPT] * len(each)), items, POLICY).verdicts for each in (logits, after)
    )
    pairs = list(zip(one, other, strict=True))
    assert 0 < parity.flips == round(np.mean([was.action is not now.action for was, now in pairs]), 4)
    place = native().slugs.index("hate")
    actions = [(was.categories[place].action, now.categories[place].action) for was, now in pairs]
    acting = [was is not now for was, now in actions if {was, now} != {Action.ALLOW}]
    found = parity.categories["hate"]
    assert (found.acting, found.flips) == (len(acting), round(np.mean(acting), 4))
    assert 0 < found.flips < 1


def test_a_row_that_is_not_a_number_has_another_verdict(logits):
    after = logits.copy()
    after[0, HATE] = np.nan
    assert compared(logits, after).flips == 1 / len(logits)


def test_a_row_with_the_scores_of_another_is_refused():
    before, after = only_hate(0.1, 0.2, 0.9), only_hate(0.9, 0.2, 0.9)
    parity = msgspec.structs.replace(compared(before, after), spearman={})
    with pytest.raises(ParityError, match=r"largest difference of a probability is 0\.8, the limit is 0\.6"):
        check(parity, Limits())


@pytest.mark.parametrize(("rows", "refused"), [(54, False), (400, True)])
def test_verdicts_that_change_by_no_more_than_chance_explains_are_let_pass(logits, rows, refused):
    parity = msgspec.structs.replace(compared(logits, logits), rows=rows, flips=0.1)
    if not refused:
        check(parity, Limits())
        return
    with pytest.raises(ParityError, match=r"share of changed verdicts is 0\.1, the limit is 0\.06"):
        check(parity, Limits())


def test_categories_beyond_the_same_limit_are_named_together(logits):
    spoilt = compared(logits, logits).spearman | {"hate": 0.9, "threat": 0.8}
    with pytest.raises(ParityError) as refused:
        check(msgspec.structs.replace(compared(logits, logits), spearman=spoilt), Limits())
    assert str(refused.value) == (
        "int8 strays from fp32 over 200 rows: rank correlation of hate is 0.9, of threat is 0.8, the limit is 0.97"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"near": FEWEST_NEAR - 1, "near_difference": 0.9},
        {"acting": 40, "flips": 0.4},
        {"holding": FEWEST_HOLDING - 1, "precision_loss": 0.5},
    ],
    ids=["near the threshold", "actions", "average precision"],
)
def test_what_few_rows_say_of_a_category_is_recorded_and_not_refused(logits, changes):
    parity = compared(logits, logits)
    spoilt = {"hate": msgspec.structs.replace(CategoryParity(), **changes)}
    check(msgspec.structs.replace(parity, categories=parity.categories | spoilt), Limits())


@pytest.mark.parametrize("name", ["default", "nano"])
def test_what_the_shipped_bundles_recorded_can_be_read(name):
    manifest = Path(models.__file__).parent / "bundles" / name / "manifest.json"
    metrics = json.loads(manifest.read_bytes())["metrics"]
    parity = msgspec.convert(metrics["parity"], Parity)
    assert set(parity.spearman) == set(OUTPUTS)
    check(parity, msgspec.convert(metrics["parity_limits"], Limits))


def test_the_tables_have_a_line_for_every_output_and_its_limits(logits):
    after = logits.copy()
    after[:, HATE] += 0.1
    parity = compared(logits, after)
    shown = parity_tables(parity, Limits()).splitlines()
    hate = parity.categories["hate"]
    near = f"{hate.near} | {hate.near_difference:.3f} | {hate.difference:.3f}"
    assert f"| hate | 1.0000 | {near} | {hate.acting} | {hate.flips:.1%} | 0 |  |" in shown
    assert "| attack | 1.0000 | 0 |  |  | 0 |  | 0 |  |" in shown
    assert "| limit | 0.97 |  | 0.2 |  |  | 35.0% |  | 0.03 |" in shown
    assert f"| largest difference of a probability | {parity.difference:.3f} | 0.6 |" in shown
    assert f"| in the worst role one in a thousand is larger than | {parity.rare_difference:.3f} | 0.2 |" in shown
    assert [line.split(" | ")[0][2:] for line in shown if line.count("|") == 10][2:-1] == list(OUTPUTS)
