"""Decisions as they stand in a log, all of one time and with the same low scores where no others are said."""

from models.outputs import OUTPUTS
from taxonomy.decision import Decision
from taxonomy.policy import Action
from tests import logged

TIME = 1_700_000_000_000
WIDTH = len(OUTPUTS)


def decision(number: int = 0, verdict: Action = Action.ALLOW, **fields: object) -> Decision:
    return logged.decision(number, verdict=verdict, **{"time": TIME, "scores": (100,) * WIDTH, **fields})
