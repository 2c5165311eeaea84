"""What a candidate would have done with recent decisions: their scores are kept, so nothing is scored again."""

from itertools import product

import msgspec
import numpy as np

from models.decide import Decided, decide_all
from service.decisions.recent import Rows
from taxonomy.files import native
from taxonomy.policy import Action, Policy


class Flips(msgspec.Struct, frozen=True):
    """Texts, counted by what they get now and under the candidate.

    Not among them are those that `others`, other policies, decided, those with thresholds of their `own`, and of the
    rest those that are `degraded`.
    `verdicts` has (action, candidate's action, texts) for each pair that occurs, equal ones too; `categories` has
    (slug, action, candidate's action, texts) where the two differ.
    """

    texts: int
    others: int
    own: int
    degraded: int
    verdicts: list[tuple[Action, Action, int]]
    categories: list[tuple[str, Action, Action, int]]


def flips(rows: Rows, live: Policy, candidate: Policy) -> Flips:
    """Return how verdicts on the texts that were decided by `live` would change, whichever version of it that was.

    Takes milliseconds for 10,000: not for the event loop.
    """
    names = np.array([each is not None and each[0] == live.name for each in rows.policies], dtype=bool)
    ours = rows.where(names[rows.policy])
    plain = ours.where(~ours.own)
    scored = plain.where(~plain.degraded)
    now, then = (decide_all(scored.scores, scored.role, scored.supported, policy) for policy in (live, candidate))
    return Flips(
        texts=len(scored),
        others=len(rows) - len(ours),
        own=len(ours) - len(plain),
        degraded=len(plain) - len(scored),
        verdicts=_verdicts(now, then),
        categories=_categories(now, then),
    )


def _verdicts(now: Decided, then: Decided) -> list[tuple[Action, Action, int]]:
    found = []
    for before, after in product(Action, Action):
        texts = np.count_nonzero((now.actions == before.gravity) & (then.actions == after.gravity))
        if texts:
            found.append((before, after, int(texts)))
    return found


def _categories(now: Decided, then: Decided) -> list[tuple[str, Action, Action, int]]:
    found = []
    for column in np.flatnonzero((now.categories != then.categories).any(axis=0)):
        ours, theirs = now.categories[:, column], then.categories[:, column]
        for before, after in product(Action, Action):
            texts = np.count_nonzero((ours == before.gravity) & (theirs == after.gravity))
            if texts and before is not after:
                found.append((native().slugs[column], before, after, int(texts)))
    return found
