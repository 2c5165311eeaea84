"""Conversations of our own: twins, and what is flagged of them."""

from collections import defaultdict

import numpy as np
import pytest

from models.training.evaluate.conversations import Conversation, Turn, conversation_lines, read_conversations
from models.training.evaluate.judged import judged
from models.turns import together
from taxonomy.files import native
from tests.training.scored import POLICY, scores

pytestmark = pytest.mark.train


def conversation(unsafe: int, *asked: str) -> Conversation:
    turns = [Turn(role, text) for text in asked for role in ("user", "assistant")]
    return Conversation("v-1", unsafe, (), tuple(turns[:-1]))


def test_the_items_are_the_users_turns_and_these_together():
    found = conversation(1, "one", "two", "three")
    assert [item.text for item in found.items] == ["one", "two", "three", "one\ntwo\nthree"]


def test_a_conversation_counts_once_however_many_turns_flag():
    found = [conversation(1, "a", "b"), conversation(1, "a", "b", "c"), conversation(0, "a", "b")]
    harm = ("unsafe",)
    said = [(), (), harm, *(harm, harm, (), ()), *((), (), ())]
    items = [item for each in found for item in each.items]
    harmful, harmless = conversation_lines(found, judged(np.array([scores(*high) for high in said]), items, POLICY))
    assert (harmful.harmful, harmless.harmful) == (True, False)
    assert [each.count for each in (harmful.by_turn, harmful.together, harmful.either)] == [1, 1, 2]
    assert [each.count for each in (harmless.by_turn, harmless.together, harmless.either)] == [0, 0, 0]
    assert (harmful.either.rows, harmless.either.rows) == (2, 1)


def test_ours_are_twins_that_a_user_begins_and_ends():
    groups = defaultdict(list)
    for each in read_conversations():
        groups[each.group].append(each.unsafe)
        roles = [turn.role for turn in each.turns]
        assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"], each.group
        assert together(each.asked), each.group
        assert set(each.labels) <= set(native().trained)
        assert bool(each.labels) == bool(each.unsafe)
    assert len(groups) >= 50
    assert all(sorted(found) == [0, 1] for found in groups.values())
