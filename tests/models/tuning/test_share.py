"""Shares and their bounds: exact where texts are all different, wider where few texts make many decisions."""

import numpy as np
import pytest
from scipy.stats import binomtest

from models.tuning.share import Share, Shares


def share_of(texts: list[int], true: list[bool], confidence: float = 0.95) -> Share:
    return Shares(np.array(texts, np.uint64), confidence).of(np.array(true, np.bool_))


@pytest.mark.parametrize(("hits", "n"), [(0, 50), (1, 50), (7, 50), (50, 50), (3, 2000)])
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
def test_of_distinct_texts_the_bounds_are_those_of_clopper_and_pearson(hits: int, n: int, confidence: float):
    found = share_of(list(range(n)), [i < hits for i in range(n)], confidence)
    exact = binomtest(hits, n).proportion_ci(confidence, method="exact")
    assert (found.decisions, found.texts, found.share) == (hits, hits, hits / n)
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high))


def test_a_text_asked_a_thousand_times_is_not_a_thousand_observations():
    texts = [*range(1000), *[5000] * 1000]
    once = share_of(list(range(2000)), [False] * 1000 + [True] * 1000)
    often = share_of(texts, [False] * 1000 + [True] * 1000)
    assert (once.share, often.share) == (0.5, 0.5)
    assert (once.texts, often.texts) == (1000, 1)
    assert once.high - once.low < 0.05
    assert often.low < 0.1
    assert often.high > 0.9


def test_where_nothing_is_true_the_bound_still_counts_texts():
    once = share_of(list(range(1000)), [False] * 1000)
    often = share_of([i // 100 for i in range(1000)], [False] * 1000)
    assert once.high == pytest.approx(1 - 0.025 ** (1 / 1000), rel=1e-6)  # (1 - p) ** n = 0.025
    assert often.low == 0
    assert 0.3 < often.high < 0.5  # ten texts


def test_one_text_is_one_observation():
    assert share_of([1] * 500, [True] * 500) == Share(500, 1, 1.0, pytest.approx(0.025), 1.0)
    assert share_of([1] * 500, [False] * 500) == Share(0, 0, 0.0, 0.0, pytest.approx(0.975))


@pytest.mark.parametrize("texts", [1, 2, 30])
@pytest.mark.parametrize(("hits", "times"), [(1, 2), (1, 3), (3, 10)])
def test_texts_whose_decisions_differ_in_the_same_way_are_as_many_observations(texts: int, hits: int, times: int):
    found = share_of(list(range(texts)) * times, [True] * texts * hits + [False] * texts * (times - hits))
    assert (found.decisions, found.texts, found.share) == (texts * hits, texts, hits / times)
    once = share_of(list(range(texts)), [False] * texts)
    assert found.low < found.share < found.high
    assert found.high - found.low >= once.high


def test_of_no_decisions_nothing_is_known():
    assert share_of([], []) == Share(0, 0, 0.0, 0.0, 1.0)


@pytest.mark.parametrize("true", [0.001, 0.02, 0.2])
def test_the_bounds_hold_as_often_as_they_say_in_traffic_that_repeats(true: float):
    # Some texts are asked up to a thousand times, and always get the same verdict.
    random = np.random.default_rng(7)
    inside = 0
    for _ in range(1000):
        sizes = np.minimum(random.zipf(2.0, 800), 1000)
        texts = np.repeat(np.arange(800, dtype=np.uint64), sizes)
        changes = random.random(800) < true
        found = Shares(texts, 0.95).of(changes[texts])
        inside += found.low <= true <= found.high
    assert inside >= 950
