"""The way in: labelled rows and an objective in, thresholds with what they promise out.

rows -> distinct -> split -> choose on one side, test on the other -> decide the verifying rows once more -> Tuned
"""

import math

import numpy as np

from models.tuning.answer import each, together
from models.tuning.asking import Asking, Limits
from models.tuning.bands import with_changes
from models.tuning.idle import idle
from models.tuning.levels import movable
from models.tuning.measured import measured
from models.tuning.objective import Aim, Costs, Counted, Objective, Scope
from models.tuning.rows import DistinctRows, LabelledRows, Mask, distinct, strata
from models.tuning.split import split
from models.tuning.tuned import Tally, Tuned, TuningError
from models.tuning.walked import side
from taxonomy.policy import Policy


def tune(
    rows: LabelledRows,
    policy: Policy,
    objective: Objective,
    *,
    confidence: float = 0.95,
    scope: Scope = Scope.OVERALL,
    joint: bool = True,
    counts: Counted | None = None,
    costs: Costs | None = None,
    texts_per_day: float | None = None,
    choosing: float = 0.5,
    seed: int = 0,
) -> Tuned:
    """Choose thresholds (and review bands, where the objective has them) for `policy`, keeping its actions.

    Thresholds are the same in every role; a category that `policy` allows everywhere, or that only shadows, keeps its
    own. `counts` says which verdicts stop a text: by default any but allow, and with review bands to choose those that
    flag or block without a person (a category that only reviews keeps threshold and band then). `joint`: all promises
    hold together at `confidence` (Bonferroni); else each by itself. `costs` are those of `min_cost`. `texts_per_day` is
    what `reviews<=N/day` is a share of. A share `choosing`, in 0..1, of the distinct texts is for choosing; `seed`
    draws which.

    Raises TuningError for rows, labels or arguments that nothing can be learned from: NaN, wrong shapes, no rows.
    Too few rows are no error: they end in refusals.
    """
    costs = costs or Costs()
    weighs_bands = objective.aim is Aim.MIN_COST and costs.review is not None
    with_bands = objective.bands or weighs_bands
    counts = counts or (Counted.ALONE if with_bands else Counted.FLAG)
    _check(objective, confidence, choosing, scope, counts, texts_per_day, with_bands)
    tuned = movable(policy, counts)
    if not tuned.any():
        raise TuningError(f"no category of the policy stops a text in a way that counts ('{counts}')")
    merged = distinct(rows)
    chosen = split(merged.groups, strata(merged), choosing, seed)
    on, off = (side(merged.only(which), policy, counts) for which in (chosen, ~chosen))
    left = (1 - confidence) / max(objective.promises, 1) if joint else 1 - confidence
    asking = Asking(
        objective=objective,
        costs=costs,
        confidence=confidence,
        each=1 - left,
        joint=joint,
        choosing=choosing,
        counts=counts,
        tuned=tuned,
        limits=Limits(objective.recall, _load(objective.reviews, texts_per_day)),
        with_bands=with_bands,
    )
    answer = each(on, off, policy, asking) if scope is Scope.CATEGORY else together(on, off, policy, asking)
    final = with_changes(policy, answer.changes)
    return Tuned(
        objective=objective,
        confidence=confidence,
        scope=scope,
        joint=joint,
        counts=counts,
        policy=final,
        changes=answer.changes,
        promises=answer.promises,
        measured=measured(off, final, counts, confidence, with_bands, answer.promises),
        refusals=answer.refusals,
        tally=_tally(len(rows.scores), merged, side(merged, policy, counts).to_catch),
        chosen_on=int((on.harmless | on.to_catch).sum()),
        verified_on=int((off.harmless | off.to_catch).sum()),
        choosing=_as_given(rows, merged, chosen),
        kept=merged.kept,
        notes=answer.notes,
        warnings=tuple(idle(merged, policy, final, answer.changes)),
        rates=answer.rates,
        coverage=answer.coverage,
    )


def _check(
    objective: Objective,
    confidence: float,
    choosing: float,
    scope: Scope,
    counts: Counted,
    texts_per_day: float | None,
    with_bands: bool,
) -> None:
    """Raises TuningError."""
    for name, share in (("confidence", confidence), ("choosing", choosing)):
        if not 0 < share < 1:
            raise TuningError(f"{name} must lie between 0 and 1, both left out, not {share}")
    if with_bands and scope is Scope.CATEGORY:
        raise TuningError("review bands are chosen for all categories together: leave out the scope 'category'")
    if with_bands and counts not in (Counted.ALONE, Counted.BLOCK):
        raise TuningError(f"with review bands to choose, what stops a text is 'alone' or 'block', not '{counts}'")
    if objective.reviews is not None and texts_per_day is None:
        raise TuningError("reviews a day need the texts a day that they are a share of")
    if texts_per_day is not None and not 0 < texts_per_day < math.inf:
        raise TuningError(f"texts a day must be more than 0, not {texts_per_day}")


def _load(reviews: float | None, texts_per_day: float | None) -> float | None:
    """Return the greatest share of texts that is reviewed."""
    if reviews is None or texts_per_day is None:
        return None
    if not 0 < reviews < texts_per_day:
        raise TuningError(f"reviews a day must be more than 0 and fewer than the {texts_per_day:g} texts")
    return reviews / texts_per_day


def _tally(given: int, merged: DistinctRows, to_catch: Mask) -> Tally:
    harmless, harmful = merged.harmless, merged.harmful
    return Tally(
        rows=given,
        distinct=len(merged.scores),
        harmless=int(harmless.sum()),
        harmful=int(to_catch.sum()),
        excused=int((harmful & ~to_catch).sum()),
        unjudged=int((~harmless & ~harmful).sum()),
        contradictory=int(merged.contradictory.sum()),
    )


def _as_given(rows: LabelledRows, merged: DistinctRows, chosen: Mask) -> Mask:
    """Return which of the rows as given were chosen on: copies stand where the row that stands for them does."""
    return np.asarray(np.isin(rows.groups, merged.groups[chosen]))
