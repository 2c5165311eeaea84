"""Rows and arguments that nothing can be learned from, and what is said of them."""

import numpy as np
import pytest

from models.tuning.objective import Counted, Scope, parse
from models.tuning.tune import tune
from models.tuning.tuned import TuningError
from taxonomy.policy import Action
from tests.models.tuning.made import POLICY, made, policy_of


def bad(**changes):
    return made(20)._replace(**changes)


@pytest.mark.parametrize(
    ("rows", "arguments", "words"),
    [
        (made(0), {}, "there are no rows"),
        (
            bad(scores=np.where(np.arange(20)[:, None] < 3, np.nan, made(20).scores)),
            {},
            "3 of 20 rows have a score that is not a number",
        ),
        (bad(scores=made(20).scores + 1), {}, "scores must lie between 0 and 1"),
        (
            bad(scores=np.full((20, 25), 10_001, np.uint16)),
            {},
            "scores must be at most 10000 ten-thousandths, not 10001",
        ),
        (bad(scores=made(20).scores[:, :24]), {}, "scores must have shape (20, 25), not (20, 24)"),
        (bad(labels=made(19).labels), {}, "labels must have shape (20, 25), not (19, 25)"),
        (bad(known=made(19).known), {}, "known must have shape (20, 25), not (19, 25)"),
        (bad(groups=np.arange(5)), {}, "groups must have shape (20,), not (5,)"),
        (bad(traffic=np.ones(5, bool)), {}, "traffic must have shape (20,), not (5,)"),
        (bad(roles=np.full(20, 4, np.uint8)), {}, "roles must be below 4, not 4"),
        (bad(), {"confidence": 1.0}, "confidence must lie between 0 and 1, both left out, not 1.0"),
        (bad(), {"choosing": 0.0}, "choosing must lie between 0 and 1, both left out, not 0.0"),
        (bad(), {"objective": "reviews<=5/day"}, "reviews a day need the texts a day that they are a share of"),
        (
            bad(),
            {"objective": "reviews<=5/day", "texts_per_day": 5},
            "reviews a day must be more than 0 and fewer than the 5 texts",
        ),
        (bad(), {"objective": "reviews<=5/day", "texts_per_day": 0}, "texts a day must be more than 0, not 0"),
        (
            bad(),
            {"objective": "recall>=0.9", "scope": Scope.CATEGORY},
            "review bands are chosen for all categories together: leave out the scope 'category'",
        ),
        (
            bad(),
            {"objective": "recall>=0.9", "counts": Counted.FLAG},
            "with review bands to choose, what stops a text is 'alone' or 'block', not 'flag'",
        ),
        (
            bad(),
            {"policy": policy_of("hate", action=Action.FLAG), "counts": Counted.BLOCK},
            "no category of the policy stops a text in a way that counts ('block')",
        ),
    ],
)
def test_what_nothing_can_be_learned_from(rows, arguments, words):
    given = {"policy": POLICY, "objective": "max_f1"} | arguments
    with pytest.raises(TuningError) as raised:
        tune(rows, given.pop("policy"), parse(given.pop("objective")), **given)
    assert str(raised.value) == words
