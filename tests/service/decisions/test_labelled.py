"""Decisions joined with what people said of them: what a word means, whose counts, and what is left out."""

import pytest

from models.record import Record
from service.decisions.labelled import (
    DEGRADED,
    NOT_THERE,
    OTHER_MODEL,
    OTHER_TENANT,
    REPEATED,
    SAYS_NOTHING,
    Heard,
    LabelledRow,
    joined,
)
from taxonomy.decision import Feedback
from taxonomy.policy import Action
from tests.service.decisions.kept import TIME, WIDTH, decision


def rows(*given: Record) -> tuple[list[LabelledRow], dict[str, int]]:
    found = joined(given, Heard(given))
    return found.rows, found.left_out


ATTACKED = (*(100,) * (WIDTH - 2), 200, 9000)
HARMFUL = (*(100,) * (WIDTH - 2), 9000, 200)
MEANT = [
    (Action.ALLOW, True, {}, HARMFUL, (True, {})),
    (Action.ALLOW, False, {}, HARMFUL, (False, {})),
    (Action.BLOCK, False, {}, HARMFUL, (True, {})),
    (Action.FLAG, False, {}, HARMFUL, (True, {})),
    (Action.BLOCK, True, {}, HARMFUL, (None, {"unsafe": True})),
    (Action.BLOCK, True, {}, ATTACKED, (None, {"attack": True})),
    (Action.REVIEW, True, {"hate": True}, HARMFUL, (None, {"hate": True})),
    (Action.ALLOW, False, {"hate": True}, HARMFUL, (None, {"hate": True})),
    (Action.ALLOW, True, {"hate": False}, HARMFUL, (True, {"hate": False})),
    (Action.BLOCK, False, {"hate": True}, HARMFUL, (None, {"hate": True})),  # wrong, but harm of another kind
    (Action.REVIEW, True, {}, HARMFUL, None),
    (Action.ALLOW, True, {"hate": True, "unsafe": False}, HARMFUL, None),
]


@pytest.mark.parametrize(("verdict", "right", "labels", "scores", "row"), MEANT)
def test_what_a_verdict_and_a_word_on_it_mean(verdict, right, labels, scores, row):
    made = decision(1, verdict, scores=scores)
    found, left_out = rows(made, Feedback(made.id, TIME, right, labels))
    assert [(each.safe, each.labels) for each in found] == ([row] if row else [])
    assert left_out == ({} if row else {SAYS_NOTHING: 1})


LEFT_OUT: dict[str, tuple[tuple[Record, ...], dict[str, int], int]] = {
    "two on one decision": (
        (decision(1), Feedback(decision(1).id, TIME + 1, False), Feedback(decision(1).id, TIME, True)),
        {},
        1,
    ),
    "another tenant": (
        (decision(1, tenant="a"), Feedback(decision(1).id, TIME, True, tenant="b")),
        {OTHER_TENANT: 1},
        0,
    ),
    "another tenant after the decision's": (
        (
            decision(1, tenant="a"),
            Feedback(decision(1).id, TIME, True, tenant="a"),
            Feedback(decision(1).id, TIME + 1, False, tenant="b"),
        ),
        {OTHER_TENANT: 1},
        1,
    ),
    "two tenants on a decision of nobody's": (
        (
            decision(1),
            Feedback(decision(1).id, TIME, True, tenant="a"),
            Feedback(decision(1).id, TIME, True, tenant="b"),
        ),
        {OTHER_TENANT: 2},
        0,
    ),
    "two tenants on a decision that is not there": (
        (Feedback(decision(1).id, TIME, True, tenant="a"), Feedback(decision(1).id, TIME, True, tenant="b")),
        {NOT_THERE: 2},
        0,
    ),
    "an operator": ((decision(1, tenant="a"), Feedback(decision(1).id, TIME, True)), {}, 1),
    "without scores": ((decision(1, degraded=True), Feedback(decision(1).id, TIME, True)), {DEGRADED: 1}, 0),
    "one text twice": (
        (
            decision(1),
            decision(2, text=decision(1).text),
            Feedback(decision(1).id, TIME, True),
            Feedback(decision(2).id, TIME, True),
        ),
        {REPEATED: 1},
        1,
    ),
    "an earlier model": (
        (
            decision(1),
            decision(2),
            decision(3, model="3" * 16, time=TIME + 1),
            decision(4),
            *(Feedback(decision(i).id, TIME, True) for i in (1, 2, 3, 4)),
        ),
        {OTHER_MODEL: 3},
        1,
    ),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_is_left_out_is_counted_by_its_reason(name):
    given, left_out, count = LEFT_OUT[name]
    found, counted = rows(*given)
    assert (counted, len(found)) == (left_out, count)


def test_the_later_of_two_counts():
    given, _, _ = LEFT_OUT["two on one decision"]
    found, _ = rows(*given)
    assert found[0].safe is False


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ([("a", True), ("b", False)], True),
        ([("b", False), ("a", True)], True),
        ([("a", False), ("", True), ("b", False)], True),
        ([("", False), ("a", True)], True),
        ([("a", False), ("b", True), ("a", True)], True),
        ([("a", True), ("", False), ("b", True)], False),
    ],
)
def test_of_two_who_may_speak_the_later_counts_and_nobody_else_takes_its_place(said, right):
    made = decision(1, Action.ALLOW, tenant="a")
    heard = [Feedback(made.id, TIME + i, each, tenant=tenant) for i, (tenant, each) in enumerate(said)]
    for given in ([made, *heard], [*heard, made], [*reversed(heard), made]):
        (row,), _ = rows(*given)
        assert row.safe is right
