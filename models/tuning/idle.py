"""Categories that the chosen thresholds leave idle: they catch no row that is labelled with them, or block none.

A budget for all together may be spent on other categories, so that the promise says nothing of these.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from models.decide import Gravities, decide_all
from models.tuning.levels import COLUMNS
from models.tuning.rows import SLUGS, DistinctRows
from taxonomy.categories import OTHER, Role
from taxonomy.files import native
from taxonomy.policy import Action, Policy
from taxonomy.wording import counted


def idle(rows: DistinctRows, before: Policy, after: Policy, changed: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for each of the `changed` slugs that is idle, over the rows of both sides in roles it acts in.

    `other` is left out: of a harmful text it says something only where no category does.
    """
    decided = decide_all(rows.scores, rows.roles, rows.supported, after)
    was = decide_all(rows.scores, rows.roles, rows.supported, before).categories
    for slug in changed:
        if slug == OTHER:
            continue
        place = native().slugs.index(slug)
        actions = np.array([_gravity(after, role, slug) for role in Role])[rows.roles]
        own = rows.positive[:, COLUMNS[SLUGS.index(slug)]] & (actions > Action.ALLOW.gravity)
        if own.any():
            now, then = decided.categories[own, place], was[own, place]
            yield from _said(slug, now, then, actions[own], decided.actions[own])


def _gravity(policy: Policy, role: Role, slug: str) -> int:
    rule = policy.rules[role][slug]
    return Action.ALLOW.gravity if rule.shadow else rule.action.gravity


def _said(slug: str, now: Gravities, then: Gravities, actions: Gravities, verdicts: Gravities) -> Iterator[str]:
    rows = f"its {counted(len(now), 'labelled row')}"
    if not now.any():
        caught, others = int((then > 0).sum()), int((verdicts > 0).sum())
        yield f"{slug} catches none of {rows} by itself, {caught:,} before; {others:,} are caught by something else"
    elif (actions == Action.BLOCK.gravity).any() and not (now == Action.BLOCK.gravity).any():
        reviewed, blocked = int((now > 0).sum()), int((then == Action.BLOCK.gravity).sum())
        yield f"{slug} blocks none of {rows}, {blocked:,} before; {reviewed:,} go to review for it"
