"""A budget goes where it catches most."""

import numpy as np

from models.tuning.spend import HIGHEST, spend

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


def test_no_threshold_is_above_that_of_a_milder_policy():
    assert spent([[0.9, 0.1]], [[0.5, 0.5]], [[True, True]], 0, highest=0.4) == [0.4, LOWEST]


def test_steps_are_those_of_trying_every_one():
    """Against the same search one step and one threshold at a time."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        harmless, harmful = rng.beta(1, 4, (60, 3)).round(2), rng.beta(2, 3, (40, 3)).round(2)
        positives = rng.random((40, 3)) < 0.4
        assert spent(harmless, harmful, positives, 5) == tried(
            harmless.astype(np.float32), harmful.astype(np.float32), positives, 5
        )


def tried(harmless, harmful, positives, allowed):
    at = [min(max(np.floor(top * 100 + 1) / 100, LOWEST), HIGHEST) for top in harmless.max(axis=0).astype(float)]
    while True:
        stopped, caught = ((x >= np.float32(at)).any(axis=1) for x in (harmless, harmful))
        best, found = 0.0, None
        for slug in range(len(at)):
            for place in range(round(at[slug] * 100) - 1, round(LOWEST * 100) - 1, -1):
                reach = np.float32(place / 100)
                cost = (harmless[~stopped, slug] >= reach).sum()
                gain = (harmful[~caught, slug] >= reach).sum() / len(harmful)
                own = harmful[positives[:, slug], slug]
                named = ((own >= reach) & (own < np.float32(at[slug]))).sum()
                gain += named / (len(at) * max(positives[:, slug].sum(), 10))
                if cost <= allowed - stopped.sum() and gain / max(cost, 0.5) > best:
                    best, found = gain / max(cost, 0.5), (slug, place / 100)
        if found is None:
            return at
        at[found[0]] = found[1]
