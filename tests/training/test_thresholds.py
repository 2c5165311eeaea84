"""The proposal stays within its budget and says what it costs."""

import numpy as np
import pytest

from models.outputs import OUTPUTS
from models.training.export.parity import actions
from models.training.tune.thresholds import BUDGETS, MILDER, ORDINARY_SHARE, Budget, propose, propose_all
from models.tuning.spend import HIGHEST, spend
from taxonomy.categories import Role
from taxonomy.files import native, shipped_policies
from taxonomy.policy import Action, decided_slugs

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
    acted = actions(probabilities[ROWS // 2 :], roles[ROWS // 2 :], policy.with_thresholds(found.thresholds))
    assert np.mean([action in (Action.FLAG, Action.BLOCK) for action in acted]) <= budget.share
    assert np.mean([action != Action.ALLOW for action in acted]) == pytest.approx(found.reviewed, abs=1e-4)


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


LOWEST = 0.2


def spent(harmless, harmful, positives, allowed, highest=HIGHEST, price=None):
    arrays = np.array(harmless, np.float32), np.array(harmful, np.float32), np.array(positives, bool)
    price = np.ones(len(harmless)) if price is None else np.array(price)
    return spend(*arrays, allowed, (LOWEST, np.full(arrays[0].shape[1], highest)), price).tolist()


def test_what_costs_nothing_is_taken():
    assert spent([[0.30, 0.10]], [[0.9, 0.9]], [[True, True]], 0) == [0.31, LOWEST]


def test_the_budget_goes_where_it_catches_most():
    harmless = [[0.8, 0.1], [0.1, 0.8]]
    harmful = [[0.7, 0.0], [0.7, 0.0], [0.0, 0.7]]
    positives = [[True, False], [True, False], [False, True]]
    assert spent(harmless, harmful, positives, 1) == [0.7, 0.81]
    assert spent(harmless, harmful, positives, 2) == [0.7, 0.7]


def test_a_rare_category_gets_its_part_though_another_catches_its_texts():
    harmless = [[0.8, 0.1], [0.1, 0.8]]
    harmful = [[0.9, 0.7]]
    assert spent(harmless, harmful, [[False, True]], 1) == [0.81, 0.7]


def test_what_costs_more_is_left_for_what_costs_less():
    harmless, harmful = [[0.8, 0.1], [0.1, 0.8]], [[0.7, 0.0], [0.0, 0.7]]
    positives = [[True, False], [False, True]]
    assert spent(harmless, harmful, positives, 1, price=[2, 1]) == [0.81, 0.7]
    assert spent(harmless, harmful, positives, 1, price=[1, 2]) == [0.7, 0.81]
    assert spent(harmless, harmful, positives, 0.5, price=[1, 1]) == [0.81, 0.81]


def test_the_budget_is_of_a_mixture_that_is_mostly_ordinary(rows):
    probabilities, values, weights, roles, _ = rows
    ordinary = np.arange(ROWS) % 10 == 0  # a tenth of the rows, nine tenths of the mixture
    found = propose(probabilities, values, weights, roles, ordinary, shipped_policies()["default"], Budget(0.02, 0.2))
    assert found.stopped == pytest.approx(ORDINARY_SHARE * found.ordinary + (1 - ORDINARY_SHARE) * found.hard, abs=2e-4)
    assert found.stopped <= 0.02
    assert found.hard > found.ordinary  # stopping a hard row costs less


def test_no_threshold_is_above_that_of_a_milder_policy():
    assert spent([[0.9, 0.1]], [[0.5, 0.5]], [[True, True]], 0, highest=0.4) == [0.4, LOWEST]
