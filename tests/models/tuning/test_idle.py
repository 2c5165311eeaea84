"""Categories that thresholds leave without effect on the rows that are labelled with them."""

import numpy as np
import pytest

from models.outputs import OUTPUTS, UNSAFE
from models.tuning.idle import idle
from models.tuning.rows import LabelledRows, distinct
from taxonomy.categories import Role
from taxonomy.policy import Action, Band, Policy, Rule
from tests.models.tuning.made import HATE, VIOLENCE, policy_of

BAND = Band(below=0.2)
BEFORE = policy_of("hate", "violence", "jailbreak", band=BAND)


def rows(hate: list[int], role: Role = Role.PROMPT, violence: int = 0) -> LabelledRows:
    """Return rows labelled with hate, of these scores in hundredths, and one that is harmless."""
    n = len(hate) + 1
    scores, labels = np.zeros((n, len(OUTPUTS)), np.uint16), np.zeros((n, len(OUTPUTS)), bool)
    scores[:-1, HATE] = np.array(hate) * 100
    scores[:-1, VIOLENCE] = violence * 100
    labels[:-1, [HATE, OUTPUTS.index(UNSAFE)]] = True
    roles = np.full(n, list(Role).index(role), np.uint8)
    return LabelledRows(scores, labels, np.ones_like(labels), roles, np.arange(n), np.ones(n, bool))


def after(**rules: Rule) -> Policy:
    return policy_of("hate", "violence", "jailbreak", band=BAND, **rules)


NONE = "hate catches none of its 3 labelled rows by itself, 2 before; 0 are caught by something else"


@pytest.mark.parametrize(
    ("given", "policy", "said"),
    [
        (rows([70, 60, 10]), after(), []),
        (rows([70, 60, 10]), after(hate=Rule(0.98, Action.BLOCK)), [NONE]),
        (
            rows([70, 60, 10], violence=90),
            after(hate=Rule(0.98, Action.BLOCK)),
            [NONE.replace("0 are", "3 are")],
        ),
        (
            rows([70, 60, 10]),
            after(hate=Rule(0.80, Action.BLOCK, BAND)),
            ["hate blocks none of its 3 labelled rows, 2 before; 2 go to review for it"],
        ),
        (
            rows([70]),
            after(hate=Rule(0.98, Action.BLOCK)),
            ["hate catches none of its 1 labelled row by itself, 1 before; 0 are caught by something else"],
        ),
        # What only reviews, or flags, blocks nothing by design.
        (rows([70, 60, 10]), after(hate=Rule(0.50, Action.REVIEW)), []),
        (rows([70, 60, 10]), after(hate=Rule(0.50, Action.FLAG)), []),
        # Of what is allowed, or only watched, nothing is expected; nor where no row holds it.
        (rows([70, 60, 10]), after(hate=Rule(0.98, Action.ALLOW)), []),
        (rows([70, 60, 10]), after(hate=Rule(0.98, Action.BLOCK, shadow=True)), []),
        (rows([]), after(hate=Rule(0.98, Action.BLOCK)), []),
    ],
)
def test_what_is_left_without_effect_is_said(given: LabelledRows, policy: Policy, said: list[str]) -> None:
    assert list(idle(distinct(given), BEFORE, policy, ["hate", "other"])) == said
    assert list(idle(distinct(given), BEFORE, policy, ["violence"])) == []
