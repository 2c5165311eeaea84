"""The effective rank of a set of vectors."""

import numpy as np
import pytest

from models.training.finetune.collapse import effective_rank

pytestmark = pytest.mark.train


def test_independent_directions_count_in_full() -> None:
    rows = np.concatenate([np.eye(8), -np.eye(8)]).astype(np.float32)
    assert effective_rank(rows) == pytest.approx(8)


def test_a_collapsed_set_counts_as_one() -> None:
    direction = np.random.default_rng(1).normal(size=32)
    rows = np.outer(np.linspace(-1, 1, 50), direction).astype(np.float32)
    assert effective_rank(rows) == pytest.approx(1, abs=1e-3)


def test_equal_rows_have_none() -> None:
    assert effective_rank(np.ones((4, 3), dtype=np.float32)) == 0.0
