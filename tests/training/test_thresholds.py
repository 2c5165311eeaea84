"""The proposal stays within its budget and says what it costs."""

import numpy as np
import pytest

from models.encode import Item
from models.outputs import OUTPUTS
from models.training.evaluate.judged import judged
from models.training.tune.thresholds import BUDGETS, MILDER, ORDINARY_SHARE, Budget, propose, propose_all
from models.tuning.spend import HIGHEST
from taxonomy.categories import Role
from taxonomy.files import native, shipped_policies
from taxonomy.policy import decided_slugs

pytestmark = pytest.mark.train

ROWS = 4000
HATE, UNSAFE = OUTPUTS.index("hate"), OUTPUTS.index("unsafe")


@pytest.fixture(scope="module")
def rows():
    """Half harmful: their hate and unsafe scores lie higher; all other scores are low noise."""
    rng = np.random.default_rng(5)
    values = np.zeros((ROWS, len(OUTPUTS)), np.float32)
    values[: ROWS // 2, [HATE, UNSAFE]] = 1
    probabilities = rng.beta(1, 8, values.shape).astype(np.float32)
    probabilities[: ROWS // 2, [HATE, UNSAFE]] = rng.beta(5, 2, (ROWS // 2, 2))
    return probabilities, values, np.ones_like(values), list(rng.choice(list(Role), ROWS)), rng.random(ROWS) < 0.5


@pytest.mark.parametrize("name", sorted(BUDGETS))
def test_the_budget_is_kept_by_the_policy_itself(rows, name):
    probabilities, values, weights, roles, _ = rows
    all_alike = np.ones(ROWS, bool)
    policy = shipped_policies()[name]
    budget = Budget(BUDGETS[name].share, 0.2)
    found = propose(probabilities, values, weights, roles, all_alike, policy, budget)
    assert found.harmless == found.harmful == ROWS // 2
    assert 0.8 * budget.share <= found.stopped <= budget.share
    allowed = {
        slug for slug in decided_slugs(native()) if all(r[slug].action == "allow" for r in policy.rules.values())
    }
    assert set(found.thresholds) == set(decided_slugs(native())) - allowed
    assert all(budget.lowest <= at <= HIGHEST for at in found.thresholds.values())
    items = [Item(role, "") for role in roles[ROWS // 2 :]]
    acted = judged(probabilities[ROWS // 2 :], items, policy.with_thresholds(found.thresholds))
    assert acted.flagged.mean() <= budget.share
    assert acted.stopped.mean() == pytest.approx(found.reviewed, abs=1e-4)


def test_a_wider_budget_lowers_thresholds_and_raises_recall(rows):
    policy = shipped_policies()["default"]
    narrow, wide = (propose(*rows, policy, Budget(share, 0.2)) for share in (0.005, 0.05))
    assert all(wide.thresholds[slug] <= at for slug, at in narrow.thresholds.items())
    assert wide.thresholds["hate"] < narrow.thresholds["hate"]
    assert wide.recall > narrow.recall > 0


def test_no_threshold_is_below_the_lowest_of_the_budget(rows):
    found = propose(*rows, shipped_policies()["default"], Budget(0.5, 0.6))
    assert min(found.thresholds.values()) == 0.6


def test_a_stricter_policy_stops_what_a_milder_one_stops(rows):
    found = {each.policy: each for each in propose_all(*rows, [shipped_policies()[name] for name in BUDGETS])}
    assert list(found) == list(BUDGETS)
    for name, milder_name in MILDER.items():
        milder, stricter = found[milder_name], found[name]
        shared = milder.thresholds.keys() & stricter.thresholds.keys()
        assert all(stricter.thresholds[slug] <= milder.thresholds[slug] for slug in shared)
        assert stricter.stopped <= BUDGETS[stricter.policy].share


def test_a_budget_of_less_than_one_row_is_refused(rows):
    with pytest.raises(ValueError, match=r"a budget of 0\.01% of 2000 harmless rows is less than one row"):
        propose(*rows, shipped_policies()["default"], Budget(0.0001, 0.2))


def test_the_budget_is_of_a_mixture_that_is_mostly_ordinary(rows):
    probabilities, values, weights, roles, _ = rows
    ordinary = np.arange(ROWS) % 10 == 0  # a tenth of the rows, nine tenths of the mixture
    found = propose(probabilities, values, weights, roles, ordinary, shipped_policies()["default"], Budget(0.02, 0.2))
    assert found.stopped == pytest.approx(ORDINARY_SHARE * found.ordinary + (1 - ORDINARY_SHARE) * found.hard, abs=2e-4)
    assert found.stopped <= 0.02
    assert found.hard > found.ordinary  # stopping a hard row costs less
