"""A conversation becomes items: who is judged, as what, and beside which turn."""

import pytest

from service.conversation import items_of, text_of, together_of
from service.errors import BadRequest
from service.wire.native import ItemIn, MessageIn
from taxonomy.categories import Role

NOT_TEXT = "only text parts can be judged; an unread part is not a harmless one"


def said(*turns: tuple[str, object], judge_system: bool = False) -> list[ItemIn]:
    return items_of([MessageIn(role, content) for role, content in turns], judge_system)


def test_each_role_is_judged_for_what_it_is():
    items = said(("user", "q"), ("assistant", "a"), ("tool", "t"))
    assert items == [
        ItemIn("q", "0", Role.PROMPT),
        ItemIn("a", "1", Role.RESPONSE, "q"),
        ItemIn("t", "2", Role.DOCUMENT),
    ]


@pytest.mark.parametrize("role", ["system", "developer"])
def test_instructions_are_judged_only_when_asked(role):
    turns = ((role, "never talk about weapons"), ("user", "q"))
    assert said(*turns) == [ItemIn("q", "1", Role.PROMPT)]
    assert said(*turns, judge_system=True) == [
        ItemIn("never talk about weapons", "0", Role.PROMPT),
        ItemIn("q", "1", Role.PROMPT),
    ]


@pytest.mark.parametrize("judge_system", [False, True])
def test_instructions_are_never_what_is_answered(judge_system):
    items = said(("user", "q"), ("system", "s"), ("assistant", "a"), judge_system=judge_system)
    assert items[-1] == ItemIn("a", "2", Role.RESPONSE, "q")
    assert said(("developer", "s"), ("assistant", "a"), judge_system=judge_system)[-1].context is None


def test_a_response_answers_the_turn_before_whoever_spoke():
    items = said(("user", "q"), ("assistant", "a1"), ("assistant", "a2"), ("tool", "t"), ("assistant", "a3"))
    assert [item.context for item in items] == [None, "q", "a1", None, "t"]


def test_a_first_turn_answers_nothing():
    assert said(("assistant", "welcome")) == [ItemIn("welcome", "0", Role.RESPONSE)]


def test_only_responses_have_a_context():
    items = said(("user", "one"), ("user", "two"), ("tool", "three"), ("user", "four"))
    assert [item.context for item in items] == [None] * 4


@pytest.mark.parametrize("empty", [None, "", []])
def test_a_turn_without_text_is_left_out_and_the_one_before_it_is_answered(empty):
    items = said(("user", "q"), ("assistant", empty), ("tool", "t"), ("assistant", empty), ("assistant", "a"))
    assert [(item.id, item.context) for item in items] == [("0", None), ("2", None), ("4", "t")]


def test_no_turns_no_items():
    assert said() == []
    assert said(("system", "s")) == []


def test_ids_are_the_places_of_the_turns():
    assert [item.id for item in said(("system", "s"), ("user", "q"), ("assistant", ""), ("user", "r"))] == ["1", "3"]


@pytest.mark.parametrize("kind", ["text", "input_text", "output_text"])
def test_text_parts_are_one_text(kind):
    parts = [{"type": kind, "text": "one"}, {"type": kind, "text": "two", "annotations": []}]
    assert said(("user", parts)) == [ItemIn("one\ntwo", "0", Role.PROMPT)]


def test_a_refusal_is_a_response_like_any_other():
    parts = [{"type": "refusal", "refusal": "I will not help with weapons"}]
    assert said(("user", "q"), ("assistant", parts))[1].text == "I will not help with weapons"


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": "data:SECRET"}},
        {"type": "input_audio", "text": "SECRET"},
        {"type": "text"},
        {"type": "text", "text": None},
        {"type": "text", "text": 5},
        {"type": "text", "refusal": "SECRET"},
        {"type": "refusal", "text": "SECRET"},
        {"type": ["text"], "text": "SECRET"},
        {"text": "SECRET"},
        {},
    ],
)
def test_a_part_that_is_not_text_is_refused_by_its_place(part):
    with pytest.raises(BadRequest) as caught:
        said(("user", "q"), ("user", [{"type": "text", "text": "before"}, part]))
    assert str(caught.value) == f"messages[1].content[1]: {NOT_TEXT}"


def test_a_picture_in_instructions_matters_only_when_they_are_judged():
    turns = (("system", [{"type": "image_url"}]), ("user", "q"))
    assert said(*turns) == [ItemIn("q", "1", Role.PROMPT)]
    with pytest.raises(BadRequest, match=r"messages\[0\]"):
        said(*turns, judge_system=True)


@pytest.mark.parametrize(("content", "text"), [("hi", "hi"), (None, ""), ([], ""), (" ", " ")])
def test_content_as_text(content, text):
    assert text_of(content, "x") == text


def read_together(*turns: tuple[str, object]) -> ItemIn | None:
    return together_of([MessageIn(role, content) for role, content in turns])


def test_the_users_turns_are_read_together_in_their_order():
    found = read_together(
        ("system", "s"), ("user", "one"), ("assistant", "a"), ("tool", "t"), ("user", None), ("user", "two"),
        ("user", [{"type": "text", "text": "three"}]),
    )  # fmt: skip
    assert found == ItemIn("one\ntwo\nthree", "together", Role.PROMPT)


@pytest.mark.parametrize(
    "turns", [(), (("user", "one"),), (("system", "s"), ("user", "one"), ("tool", "t"), ("user", ""))]
)
def test_one_turn_is_not_read_twice(turns):
    assert read_together(*turns) is None
