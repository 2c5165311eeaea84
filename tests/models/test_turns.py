"""Which turns are read together."""

import pytest

from models.turns import MOST_CHARS, together


def test_turns_are_joined_in_their_order():
    assert together(["one", "two", "three"]) == "one\ntwo\nthree"


@pytest.mark.parametrize("turns", [[], ["one"], ["", "one", ""]])
def test_one_turn_is_not_read_twice(turns):
    assert together(turns) is None


def test_of_many_turns_the_last_ones_are_read():
    turns = [f"{i:03}" + "x" * 97 for i in range(50)]
    assert together(turns).splitlines() == turns[-MOST_CHARS // 100 :]


def test_the_last_two_are_read_however_long_they_are():
    assert together(["first", "y" * 5000, "z" * 5000]) == "y" * 5000 + "\n" + "z" * 5000
