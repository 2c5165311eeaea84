"""An objective answered: for all categories together, or for each by itself."""

import msgspec

from models.decide import decide_all
from models.tuning.asking import Asking
from models.tuning.bands import banded, thresholds, with_changes, without
from models.tuning.categories import choose_each
from models.tuning.cheapest import cheapest
from models.tuning.choose import Asked, promise
from models.tuning.levels import GRID
from models.tuning.measured import errors_of
from models.tuning.objective import Aim
from models.tuning.overall import choose
from models.tuning.reviewed import choose_bands
from models.tuning.tuned import Coverage, Rates, Refusal
from models.tuning.walked import Side, walk
from taxonomy.decision import STEPS
from taxonomy.evidence import Promise
from taxonomy.policy import Policy, RuleChange


class Answer(msgspec.Struct, frozen=True):
    """What is said of it: the parts of Tuned that differ from one way to another."""

    changes: dict[str, RuleChange] = {}
    promises: tuple[Promise, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    notes: tuple[str, ...] = ()
    rates: Rates | None = None
    coverage: Coverage | None = None


def each(on: Side, off: Side, policy: Policy, asking: Asking) -> Answer:
    """Answer for each category by its own labels."""
    found = list(choose_each(on.rows, off.rows, policy, asking))
    return Answer(
        {x.slug: RuleChange(threshold=int(GRID[x.place]) / STEPS) for x in found if x.place is not None},
        tuple(x.promise for x in found if x.promise is not None),
        tuple(x.refusal for x in found if x.refusal is not None),
        tuple(x.note for x in found if x.note is not None),
    )


def together(on: Side, off: Side, policy: Policy, asking: Asking) -> Answer:
    """Answer for all categories at once; the bands come after the thresholds, on the same path."""
    objective, tuned = asking.objective, asking.tuned
    bare = without(policy, banded(policy, tuned)) if asking.with_bands else policy
    limit = objective.limit if objective.aim is Aim.MAX_RECALL else None
    walked = walk(on, off, bare, asking.counts, tuned, limit)
    rates = walked.rates()
    changes: dict[str, RuleChange] = {}
    asked: list[Asked] = []
    if objective.aim is not Aim.KEEP:
        chosen = choose(walked, asking)
        if chosen.point is None:
            assert chosen.refusal is not None
            return Answer(refusals=(chosen.refusal,), rates=rates)
        changes = thresholds(walked.points[chosen.point], tuned)
        asked = [chosen.asked] if chosen.asked else []
    if not asking.with_bands:
        return Answer(changes, _promises(asked, off, with_changes(policy, changes), asking), rates=rates)
    if not objective.bands:
        point, bands = cheapest(walked.points, policy, tuned, on, asking.costs)
        return Answer(_both(thresholds(walked.points[point], tuned), bands), rates=rates)
    found = choose_bands(walked.points, with_changes(policy, changes), off, asking)
    changes = _both(changes, found.changes)
    promises = _promises([*asked, *found.asked], off, with_changes(policy, changes), asking)
    return Answer(changes, promises, found.refusals, found.notes, rates, found.coverage)


def _both(thresholds: dict[str, RuleChange], bands: dict[str, RuleChange]) -> dict[str, RuleChange]:
    slugs = dict.fromkeys([*thresholds, *bands])
    return {
        slug: RuleChange(
            threshold=thresholds.get(slug, RuleChange()).threshold,
            review_band=bands.get(slug, RuleChange()).review_band,
        )
        for slug in slugs
    }


def _promises(asked: list[Asked], off: Side, policy: Policy, asking: Asking) -> tuple[Promise, ...]:
    """Say what the policy as it is served does to the verifying rows, whatever the path has counted."""
    decided = decide_all(off.rows.scores, off.rows.roles, off.rows.supported, policy)
    return tuple(promise(one, *errors_of(one.figure, off, decided, asking.counts, asking.with_bands)) for one in asked)
