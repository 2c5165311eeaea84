"""What a policy does to the verifying rows: counted on the verdicts that serving would give."""

from collections.abc import Iterator

import numpy as np

from models.decide import Decided, decide_all
from models.tuning.choose import FPR, RECALL, REVIEWS, measure
from models.tuning.levels import ALWAYS, COLUMNS, levels, stopped, stopping
from models.tuning.objective import Counted
from models.tuning.rows import SLUGS
from models.tuning.tuned import OVERALL
from models.tuning.walked import Side
from taxonomy.evidence import Promise
from taxonomy.policy import Action, Policy


def errors_of(figure: str, side: Side, decided: Decided, counts: Counted, with_bands: bool) -> tuple[int, int]:
    """Return errors and rows of an overall figure: stopped of harmless, missed of those to catch, reviewed of traffic.

    `with_bands`: a row to catch that a person looks at is not missed, whatever counts as stopping a harmless one.
    """
    stops = stopped(decided.actions, decided.flagged, counts)
    if figure == FPR:
        return int(stops[side.harmless].sum()), int(side.harmless.sum())
    if figure == RECALL:
        caught = decided.actions > Action.ALLOW.gravity if with_bands else stops
        return int((~caught)[side.to_catch].sum()), int(side.to_catch.sum())
    traffic = side.rows.traffic
    return int((decided.actions == Action.REVIEW.gravity)[traffic].sum()), int(traffic.sum())


def measured(
    side: Side, policy: Policy, counts: Counted, confidence: float, with_bands: bool, promised: tuple[Promise, ...]
) -> tuple[Promise, ...]:
    """Return bounds on what was not promised, each by itself at `confidence`: overall, then category by category."""
    decided = decide_all(side.rows.scores, side.rows.roles, side.rows.supported, policy)
    said = {(each.of, each.figure) for each in promised}
    overall = (
        (OVERALL, figure, *errors_of(figure, side, decided, counts, with_bands)) for figure in (FPR, RECALL, REVIEWS)
    )
    return tuple(
        measure(of, figure, errors, rows, confidence)
        for of, figure, errors, rows in (*overall, *_categories(side, policy, counts))
        if rows and (of, figure) not in said
    )


def _categories(side: Side, policy: Policy, counts: Counted) -> Iterator[tuple[str, str, int, int]]:
    """Yield each category's errors by its own labels, in the roles in which it can stop a text (see categories.py)."""
    can = stopping(policy, counts)[side.rows.roles]
    stops = levels(side.rows, policy, counts, np.zeros(len(SLUGS), bool)).stops == ALWAYS
    for i, slug in enumerate(SLUGS):
        negative, positive = (each[:, COLUMNS[i]] & can[:, i] for each in (side.rows.negative, side.rows.positive))
        yield slug, FPR, int(stops[negative, i].sum()), int(negative.sum())
        yield slug, RECALL, int((~stops[positive, i]).sum()), int(positive.sum())
