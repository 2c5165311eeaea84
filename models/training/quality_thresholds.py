"""Propose a policy's thresholds under a budget: at most this share of harmless rows stopped, by any category.

Every category may stop the same number of harmless rows; that number is the largest for which all of them
together stay within the budget. It is a proposal from one sample, without a confidence bound.
"""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.outputs import OUTPUTS, UNSAFE
from models.training.export_parity import actions
from models.training.quality import harmful_rows, harmless_rows
from taxonomy.categories import OTHER, Role
from taxonomy.files import native
from taxonomy.policy import Action, Policy, decided_slugs

BUDGETS: Mapping[str, float] = {"default": 0.02, "strict": 0.05, "permissive": 0.005}
# A category that no harmless row ever comes near would get a threshold near 0, which other texts than these
# would cross: below LOWEST a text is four times as likely harmless as not. Above HIGHEST nothing would pass.
LOWEST, HIGHEST = 0.20, 0.98

Array = NDArray[np.float32]


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds for one policy, and what they do to the rows they were chosen on (shares in 0..1).

    `stopped` is the share of harmless rows over any threshold whose action is not `allow`; `reviewed` adds what
    the review bands catch below it. `recall` is the share of harmful rows stopped.
    """

    policy: str
    budget: float
    thresholds: dict[str, float]
    harmless: int
    stopped: float
    reviewed: float
    harmful: int
    recall: float


def propose(
    probabilities: Array, values: Array, weights: Array, roles: Sequence[Role], policy: Policy, budget: float
) -> Proposal:
    """Choose thresholds for `policy`, keeping its actions. Arrays are (rows, outputs), `budget` in 0..1.

    Raises ValueError when the budget allows less than one of the harmless rows.
    """
    slugs = decided_slugs(native())
    scores = _by_slug(probabilities, slugs) * _enforced(roles, policy, slugs)
    harmless, harmful = harmless_rows(values, weights), harmful_rows(values, weights)
    allowed = int(budget * harmless.sum())
    if allowed < 1:
        raise ValueError(f"a budget of {budget:.2%} of {harmless.sum()} harmless rows is less than one row")
    ordered = -np.sort(-scores[harmless], axis=0)
    chosen = _thresholds(ordered, 0)
    for each in range(1, allowed + 1):
        wider = _thresholds(ordered, each)
        if _over(scores[harmless], wider).sum() > allowed:
            break
        chosen = wider
    thresholds = {slug: round(float(at), 2) for slug, at in zip(slugs, chosen, strict=True)}
    found = actions(
        probabilities[harmless],
        [r for r, h in zip(roles, harmless, strict=True) if h],
        policy.with_thresholds(thresholds),
    )
    return Proposal(
        policy=policy.name,
        budget=budget,
        thresholds=thresholds,
        harmless=int(harmless.sum()),
        stopped=round(float(_over(scores[harmless], chosen).mean()), 4),
        reviewed=round(float(np.mean([action != Action.ALLOW for action in found])), 4),
        harmful=int(harmful.sum()),
        recall=round(float(_over(scores[harmful], chosen).mean()) if harmful.any() else 0.0, 4),
    )


def _thresholds(ordered: Array, each: int) -> NDArray[np.float64]:
    """Return (slugs,) thresholds, in hundredths, that at most `each` of the sorted harmless scores reach."""
    reached = ordered[min(each, len(ordered) - 1)].astype(np.float64)
    return np.asarray(np.clip(np.floor(reached * 100 + 1) / 100, LOWEST, HIGHEST))


def _over(scores: Array, thresholds: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return (rows,): whether any category reaches its threshold."""
    return np.asarray((scores >= thresholds).any(axis=1))


def _by_slug(probabilities: Array, slugs: Sequence[str]) -> Array:
    """Return the scores in the order of `slugs`; `other` is decided on the overall `unsafe` score."""
    columns = [OUTPUTS.index(UNSAFE if slug == OTHER else slug) for slug in slugs]
    return probabilities[:, columns]


def _enforced(roles: Sequence[Role], policy: Policy, slugs: Sequence[str]) -> NDArray[np.bool_]:
    """Return (rows, slugs): whether reaching the threshold does anything in the row's role."""
    by_role = {
        role: [not rules[slug].shadow and rules[slug].action is not Action.ALLOW for slug in slugs]
        for role, rules in policy.rules.items()
    }
    return np.array([by_role[role] for role in roles], dtype=bool).reshape(len(roles), len(slugs))
