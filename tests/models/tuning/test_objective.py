"""What can be asked, and what is said of what cannot."""

import pytest

from models.tuning.objective import Aim, Costs, Objective, ObjectiveError, parse

KNOWN = (
    "an objective is one of 'max_recall@fpr<=0.01', 'min_fpr@recall>=0.95', 'max_f1', 'min_cost', and after a comma, "
    "or alone, 'recall>=0.95' and 'reviews<=200/day'"
)


@pytest.mark.parametrize(
    ("text", "objective"),
    [
        ("max_recall@fpr<=0.01", Objective(aim=Aim.MAX_RECALL, limit=0.01)),
        (" max_recall @ fpr <= 1% ", Objective(aim=Aim.MAX_RECALL, limit=0.01)),
        ("min_fpr@recall>=.95", Objective(aim=Aim.MIN_FPR, limit=0.95)),
        ("max_f1", Objective(aim=Aim.MAX_F1)),
        ("min_cost", Objective(aim=Aim.MIN_COST)),
        ("reviews<=200/day", Objective(aim=Aim.KEEP, reviews=200)),
        ("recall>=95%", Objective(aim=Aim.KEEP, recall=0.95)),
        (
            "max_recall@fpr<=0.01, recall>=0.9, reviews<=50/day",
            Objective(aim=Aim.MAX_RECALL, limit=0.01, recall=0.9, reviews=50),
        ),
    ],
)
def test_objectives(text, objective):
    assert parse(text) == objective


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", KNOWN),
        ("max_recall", KNOWN),
        ("max_recall@fpr<0.01", KNOWN),
        ("max_recall@fpr<=0.01,", KNOWN),
        ("max_precision", KNOWN),
        ("reviews<=-3/day", KNOWN),
        ("reviews<=200/week", KNOWN),
        (
            "max_recall@fpr<=0",
            "a rate lies between 0 and 1 (or 0% and 100%), both left out: max_recall@fpr<=0",
        ),
        ("recall>=100%", "a rate lies between 0 and 1 (or 0% and 100%), both left out: recall>=100%"),
        ("max_f1, min_cost", "an objective has one aim, not both max_f1 and min_cost"),
        ("max_f1, max_recall@fpr<=0.1", "an objective has one aim, not both max_f1 and max_recall"),
        ("reviews<=1/day, reviews<=2/day", "an objective names reviews twice"),
        (
            "min_fpr@recall>=0.9, recall>=0.95",
            "min_fpr@recall already says the recall: leave out 'recall>='",
        ),
    ],
)
def test_what_cannot_be_asked(text, words):
    with pytest.raises(ObjectiveError) as raised:
        parse(text)
    assert str(raised.value) == words


@pytest.mark.parametrize(("name", "cost"), [("miss", -1), ("false_alarm", float("nan")), ("review", float("inf"))])
def test_costs_that_are_none(name, cost):
    with pytest.raises(ObjectiveError) as raised:
        Costs(**{name: cost})
    assert str(raised.value) == f"the cost of a {name.replace('_', ' ')} must be 0 or more, not {cost}"
