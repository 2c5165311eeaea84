"""The same text in two sources, nearly."""

import numpy as np
import pytest

from models.encode import Item
from models.outputs import OUTPUTS
from models.training.corpus.duplicates import without_near_duplicates
from models.training.corpus.mix import Example
from taxonomy.categories import Role

pytestmark = pytest.mark.train
NOTHING = (np.zeros(len(OUTPUTS), np.float32), np.ones(len(OUTPUTS), np.float32))
LONG = " ".join(f"word{i} of the long and winding letter" for i in range(20))


def example(source, text, context=None):
    role = Role.RESPONSE if context else Role.TEXT
    return Example(f"{source}-{hash(text)}", source, source, Item(role, text, context), NOTHING)


def kept(*found, besides=()):
    return [(each.source, each.item.text) for each in without_near_duplicates(found, besides)]


def test_a_text_slightly_edited_in_another_source_is_dropped():
    edited = LONG.replace("word7", "Another").upper()
    assert kept(example("a", LONG), example("b", edited), example("b", "quite another text, of some words")) == [
        ("a", LONG),
        ("b", "quite another text, of some words"),
    ]


def test_a_text_that_is_kept_aside_is_dropped_too():
    assert kept(example("a", LONG), besides=[example("held", LONG + " the end")]) == []


def test_twins_of_one_source_stay():
    twins = [example("a", LONG), example("a", LONG + " and harm")]
    assert len(kept(*twins)) == 2


def test_texts_that_share_a_little_stay():
    other = LONG[: len(LONG) // 2] + " ".join(f"something{i} else entirely, you see" for i in range(20))
    assert len(kept(example("a", LONG), example("b", other))) == 2


def test_a_short_text_is_compared_by_nobody():
    assert len(kept(example("a", "three short words"), example("b", "three short words"))) == 2


def test_one_answer_to_two_questions_is_two_texts():
    asked = [f"{i} " + " ".join(f"question{i}{j} about it" for j in range(20)) for i in range(2)]
    assert (
        len(kept(*(example(f"source{i}", "Yes, of course you can", question) for i, question in enumerate(asked)))) == 2
    )
