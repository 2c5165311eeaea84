"""Propose a policy's thresholds under a budget: at most this share of harmless rows stopped, by any category.

The categories take turns: each in its turn is lowered until it stops one more harmless row, as long as all of
them together stay within the budget. It is a proposal from one sample, without a confidence bound.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.outputs import OUTPUTS, UNSAFE
from models.training.evaluate.quality import harmful_rows, harmless_rows
from models.training.export.parity import actions
from taxonomy.categories import OTHER, Role
from taxonomy.files import native
from taxonomy.policy import Action, Policy, decided_slugs

BUDGETS: Mapping[str, float] = {"permissive": 0.005, "default": 0.02, "strict": 0.05, "children": 0.05}
# Which policy one may not fall behind.
MILDER = {"default": "permissive", "strict": "default", "children": "default"}
# A category that no harmless row ever comes near would get a threshold near 0, which other texts than these
# would cross: below LOWEST a text is four times as likely harmless as not. Above HIGHEST nothing would pass.
LOWEST, HIGHEST = 0.20, 0.98

Array = NDArray[np.float32]


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds for one policy, and what they do to the rows they were chosen on (shares in 0..1).

    A category that the policy allows in every role has no threshold here. `stopped` is the share of harmless
    rows that reach a threshold whose action is not `allow`; `reviewed` adds what the review bands catch below.
    `recall` is the share of harmful rows that reach one.
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
    probabilities: Array,
    values: Array,
    weights: Array,
    roles: Sequence[Role],
    policy: Policy,
    budget: float,
    below: Mapping[str, float] | None = None,
) -> Proposal:
    """Choose thresholds for `policy`, keeping its actions. Arrays are (rows, outputs), `budget` in 0..1.

    `below` are thresholds that none may exceed: those of a milder policy, so that what the milder one stops the
    stricter one stops as well. Raises ValueError when the budget allows less than one of the harmless rows.
    """
    slugs = decided_slugs(native())
    enforced = _enforced(roles, policy, slugs)
    any_role: list[bool] = np.any(enforced, axis=0).tolist()
    scores = np.where(enforced, _by_slug(probabilities, slugs), np.float32(0))
    harmless, harmful = harmless_rows(values, weights), harmful_rows(values, weights)
    allowed = int(budget * harmless.sum())
    if allowed < 1:
        raise ValueError(f"a budget of {budget:.2%} of {harmless.sum()} harmless rows is less than one row")
    highest = np.array([(below or {}).get(slug, HIGHEST) for slug in slugs])
    chosen = _in_turns(scores[harmless], allowed, highest)
    thresholds = {slug: round(float(at), 2) for slug, at, used in zip(slugs, chosen, any_role, strict=True) if used}
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


def propose_all(
    probabilities: Array, values: Array, weights: Array, roles: Sequence[Role], policies: Iterable[Policy]
) -> Iterator[Proposal]:
    """Yield a proposal for each of `policies`, the mildest first: none may let through what a milder one stops."""
    found: dict[str | None, dict[str, float]] = {}
    for policy in policies:
        below = found.get(MILDER.get(policy.name))
        proposal = propose(probabilities, values, weights, roles, policy, BUDGETS[policy.name], below)
        found[policy.name] = proposal.thresholds
        yield proposal


def _in_turns(harmless: Array, allowed: int, highest: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (slugs,) thresholds in hundredths that at most `allowed` of the (rows, slugs) harmless scores reach."""
    ordered = -np.sort(-harmless, axis=0)
    chosen = np.minimum(_above(ordered[0]), highest)
    counts = (harmless >= chosen).sum(axis=0)
    moving = set(range(len(counts)))
    while moving:
        for i in sorted(moving):
            lower = chosen.copy()
            lower[i] = min(chosen[i], _above(ordered[min(counts[i] + 1, len(ordered) - 1), i]))
            if lower[i] <= LOWEST or _over(harmless, lower).sum() > allowed:
                moving.remove(i)
            if _over(harmless, lower).sum() <= allowed:
                counts[i] += 1
                chosen = lower
    return chosen


def _above(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the next hundredth above a score, within LOWEST and HIGHEST."""
    return np.asarray(np.clip(np.floor(scores.astype(np.float64) * 100 + 1) / 100, LOWEST, HIGHEST))


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
