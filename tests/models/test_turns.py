"""Which turns are read together."""

import pytest

from models.turns import MOST_CHARS, together


def test_turns_are_joined_in_their_order():
    assert together(["one", "two", "three"]) == "one\ntwo\nthree"


@pytest.mark.parametrize("turns", [[], ["one"], ["", "one", ""]])
def test_one_turn_is_not_read_twice(turns):
    assert together(turns) is None


def test_of_many_turns_the_last_characters_are_read_and_the_earliest_of_them_is_cut():
    turns = [f"{i:03}" + "x" * 96 for i in range(50)]
    assert together(turns) == "\n".join(turns[-MOST_CHARS // 100 :])
    assert together(["a" * 5000, "b" * 10]) == "a" * (MOST_CHARS - 11) + "\n" + "b" * 10


def test_a_last_turn_that_fills_the_room_is_read_by_itself_only():
    assert together(["first", "y" * MOST_CHARS]) is None
    assert together(["first", "y" * (MOST_CHARS - 3)]) == "st\n" + "y" * (MOST_CHARS - 3)
