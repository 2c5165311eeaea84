"""The bounds are Clopper and Pearson's, and the rows a promise takes are the fewest that give it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from models.tuning.bounds import lower, rows_needed, upper

CONFIDENCE = st.floats(0.5, 0.999)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), CONFIDENCE)
def test_they_are_the_exact_one_sided_ones(sample, confidence):
    hits, rows = sample
    high = binomtest(hits, rows, alternative="less").proportion_ci(confidence, method="exact").high
    low = binomtest(hits, rows, alternative="greater").proportion_ci(confidence, method="exact").low
    assert float(upper(hits, rows, confidence)) == pytest.approx(high, abs=1e-9)
    assert float(lower(hits, rows, confidence)) == pytest.approx(low, abs=1e-9)


def test_no_rows_bound_nothing():
    assert float(upper(0, 0, 0.95)) == 1
    assert float(lower(0, 0, 0.95)) == 0


def test_many_at_once():
    errors = np.arange(5)
    assert upper(errors, 100, 0.9).tolist() == [float(upper(k, 100, 0.9)) for k in errors]


@pytest.mark.parametrize(
    ("limit", "confidence", "rate", "rows"),
    [
        (0.01, 0.95, 0.0, 299),
        (0.05, 0.95, 0.0, 59),
        (0.001, 0.95, 0.0, 2995),
        (0.5, 0.5, 0.0, 1),
        (0.01, 0.95, 0.01, None),
        (0.01, 0.95, 0.02, None),
        (0.01, 0.95, 0.0099999, None),
    ],
)
def test_rows_needed(limit, confidence, rate, rows):
    assert rows_needed(limit, confidence, rate) == rows


@given(st.floats(0.001, 0.5), CONFIDENCE)
def test_one_row_fewer_would_not_do(limit, confidence):
    rows = rows_needed(limit, confidence)
    assert float(upper(0, rows, confidence)) <= limit * (1 + 1e-8)
    assert rows == 1 or float(upper(0, rows - 1, confidence)) > limit


@given(st.floats(0.001, 0.5), CONFIDENCE, st.floats(0.01, 0.8))
def test_so_many_rows_with_such_a_rate_keep_the_limit(limit, confidence, part):
    rate = limit * part
    rows = rows_needed(limit, confidence, rate)
    assert float(upper(np.ceil(round(rows * rate, 6)), rows, confidence)) <= limit
