"""Copies stay together, every stratum is shared out, and the same seed gives the same halves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.tuning.split import split


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3)), min_size=1, max_size=200),
    st.floats(0.1, 0.9),
    st.integers(0, 100),
)
def test_copies_stand_on_one_side(pairs, share, seed):
    groups, strata = np.array(pairs).T
    chosen = split(groups, strata, share, seed)
    assert all(len(set(chosen[groups == group].tolist())) == 1 for group in np.unique(groups))


@pytest.mark.parametrize("share", [0.5, 0.3])
def test_every_stratum_is_shared_out(share):
    strata = np.repeat([0, 1, 2], [1000, 40, 7])
    chosen = split(np.arange(len(strata)), strata, share, 1)
    for stratum, size in enumerate((1000, 40, 7)):
        assert abs(chosen[strata == stratum].sum() - share * size) < 1


def test_a_row_alone_goes_to_either_side():
    sides = [bool(split(np.zeros(1, int), np.zeros(1, int), 0.5, seed)[0]) for seed in range(40)]
    assert 10 < sum(sides) < 30


def test_the_seed_decides():
    groups, strata = np.arange(100), np.zeros(100, int)
    halves = [split(groups, strata, 0.5, seed).tolist() for seed in (3, 3, 4)]
    assert halves[0] == halves[1] != halves[2]


@given(st.lists(st.integers(0, 20), min_size=1, max_size=100), st.randoms(use_true_random=False))
def test_the_numbers_of_the_groups_do_not(groups, random):
    # They are hashes under a key that is drawn anew for every process.
    renumbered = random.sample(range(1000), 21)
    others = np.array([renumbered[group] for group in groups])
    strata = np.array(groups) % 3
    assert split(np.array(groups), strata, 0.5, 1).tolist() == split(others, strata, 0.5, 1).tolist()
