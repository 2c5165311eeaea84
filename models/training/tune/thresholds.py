"""Propose a policy's thresholds under a budget: at most this share of harmless text stopped, by any category.

The harmless rows at hand are mostly hard ones, written or chosen to look harmful; traffic is mostly ordinary. The
budget is of a mixture: ORDINARY_SHARE ordinary text, the rest hard. It is a proposal from one sample, without a
confidence bound. How the budget is spent: see models.tuning.spend.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.outputs import OUTPUTS, UNSAFE
from models.training.evaluate.judged import judged_at_once
from models.training.evaluate.quality import harmful_rows, harmless_rows
from models.tuning.spend import HIGHEST, over, spend
from taxonomy.categories import OTHER, Role
from taxonomy.files import native
from taxonomy.policy import Action, Policy, decided_slugs


class Budget(msgspec.Struct, frozen=True):
    """What a policy may stop of harmless text, a share in 0..1, and the lowest threshold that it may be spent on.

    Thresholds that differ less hold better on other texts: seen once, on the sources held out whole, none below 0.6
    found as much (59.8 %) at 3.9 % of the harmless rows flagged as some of 0.2 did at 4.2 %.
    """

    share: float
    lowest: float


BUDGETS: Mapping[str, Budget] = {
    "permissive": Budget(0.005, 0.5),
    "default": Budget(0.02, 0.5),
    "strict": Budget(0.05, 0.3),
    "children": Budget(0.05, 0.3),
}
# Which policy one may not fall behind.
MILDER = {"default": "permissive", "strict": "default", "children": "default"}

# Of the harmless text that a budget is for. A round number: most open chat does not even look harmful.
ORDINARY_SHARE = 0.9

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]
# From which target on a category holds.
HELD = 0.5


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds for one policy, and what they do to the rows they were chosen on (shares in 0..1).

    A category that the policy allows in every role has no threshold here. `stopped` is the share of harmless text
    that reaches a threshold whose action is not `allow`, `ordinary` and `hard` that of its two parts; `reviewed` adds
    what the review bands catch below. `recall` is the share of harmful rows that reach one.
    """

    policy: str
    budget: float
    thresholds: dict[str, float]
    harmless: int
    stopped: float
    ordinary: float
    hard: float
    reviewed: float
    harmful: int
    recall: float


def propose(
    probabilities: Array,
    values: Array,
    weights: Array,
    roles: Sequence[Role],
    ordinary: Mask,
    policy: Policy,
    budget: Budget,
    below: Mapping[str, float] | None = None,
) -> Proposal:
    """Choose thresholds for `policy`, keeping its actions. Arrays are (rows, outputs).

    `ordinary`, of shape (rows,), tells ordinary text from hard. `below` are thresholds that none may exceed: those of a
    milder policy, so that what the milder one stops the stricter one stops as well. Raises ValueError when the budget
    allows less than one of the harmless rows.
    """
    slugs = decided_slugs(native())
    enforced = _enforced(roles, policy, slugs)
    any_role: list[bool] = np.any(enforced, axis=0).tolist()
    scores = np.where(enforced, _by_slug(probabilities, slugs), np.float32(0))
    harmless, harmful = harmless_rows(values, weights), harmful_rows(values, weights)
    price = _price(ordinary[harmless])
    allowed = budget.share * harmless.sum()
    if allowed < 1:
        raise ValueError(f"a budget of {budget.share:.2%} of {harmless.sum()} harmless rows is less than one row")
    highest = np.array([(below or {}).get(slug, HIGHEST) for slug in slugs])
    positives = _by_slug(values, slugs)[harmful] >= HELD
    chosen = spend(scores[harmless], scores[harmful], positives, allowed, (budget.lowest, highest), price)
    thresholds = {slug: round(float(at), 2) for slug, at, used in zip(slugs, chosen, any_role, strict=True) if used}
    stopped = over(scores[harmless], chosen)
    found = judged_at_once(
        probabilities[harmless],
        [r for r, h in zip(roles, harmless, strict=True) if h],
        policy.with_thresholds(thresholds),
    )
    return Proposal(
        policy=policy.name,
        budget=budget.share,
        thresholds=thresholds,
        harmless=int(harmless.sum()),
        stopped=_share(stopped, price),
        ordinary=_share(stopped, ordinary[harmless]),
        hard=_share(stopped, ~ordinary[harmless]),
        reviewed=_share(found.actions > Action.ALLOW.gravity, price),
        harmful=int(harmful.sum()),
        recall=round(float(over(scores[harmful], chosen).mean()) if harmful.any() else 0.0, 4),
    )


def propose_all(
    probabilities: Array,
    values: Array,
    weights: Array,
    roles: Sequence[Role],
    ordinary: Mask,
    policies: Iterable[Policy],
) -> Iterator[Proposal]:
    """Yield a proposal for each of `policies`, the mildest first: none may let through what a milder one stops."""
    found: dict[str | None, dict[str, float]] = {}
    for policy in policies:
        below = found.get(MILDER.get(policy.name))
        proposal = propose(probabilities, values, weights, roles, ordinary, policy, BUDGETS[policy.name], below)
        found[policy.name] = proposal.thresholds
        yield proposal


def _price(ordinary: Mask) -> NDArray[np.float64]:
    """Return what each harmless row counts, 1 on average, so that the ordinary ones are ORDINARY_SHARE of the whole."""
    share = ordinary.mean()
    if share in (0, 1):
        return np.ones(len(ordinary))
    return np.asarray(np.where(ordinary, ORDINARY_SHARE / share, (1 - ORDINARY_SHARE) / (1 - share)))


def _share(stopped: Mask, price: NDArray[np.float64] | Mask) -> float:
    return round(float((stopped * price).sum() / max(price.sum(), 1e-9)), 4)


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
