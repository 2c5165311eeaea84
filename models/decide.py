"""taxonomy.verdict.decide for millions of texts at once: kept scores in, gravities out.

scores (n, outputs) -> a role at a time -> steps at which each rule begins -> comparisons -> Decided
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from taxonomy.categories import NEEDS_CAUTION, OTHER, Role, Taxonomy
from taxonomy.decision import STEPS
from taxonomy.files import native
from taxonomy.policy import Action, Policy

# Every score that a record can hold, as decide() sees it: comparing steps with places in here is comparing floats.
_SCORES = np.arange(STEPS + 1) / STEPS
_NEVER = STEPS + 1
# Rows at a time: two megabytes of scores and of what is compared stay in the processor's caches.
_ROWS = 16_384

Gravities = NDArray[np.uint8]


class Decided(NamedTuple):
    """Verdicts of n texts; a gravity is Action.gravity, 0 for `allow` up to 3 for `block`.

    `actions` has shape (n,), `flagged` is bool of shape (n,), and `categories` has shape (n, Taxonomy.slugs): what is
    enforced for each category in the taxonomy's order, `needs_caution` included; a shadow rule's is 0.
    """

    actions: Gravities
    flagged: NDArray[np.bool_]
    categories: Gravities


class _Edges(NamedTuple):
    """The rules of one role as columns of shape (rules, 1): the trained categories in their order, then `other`.

    `starts` and `ends` are the lowest steps in and above each review band (equal when it is empty), `thresholds` those
    that reach the threshold; a shadow rule's band never starts. `above` is the gravity above the band.
    """

    starts: NDArray[np.uint16]
    ends: NDArray[np.uint16]
    above: Gravities
    thresholds: NDArray[np.uint16]


def decide_all(
    scores: NDArray[np.uint16],
    roles: NDArray[np.uint8],
    supported: NDArray[np.bool_],
    policy: Policy,
    taxonomy: Taxonomy | None = None,
) -> Decided:
    """Apply a policy to the scores of many texts: row for row what taxonomy.verdict.decide says.

    `scores` has shape (n, outputs) in ten-thousandths, 0 to STEPS: Taxonomy.trained in its order, `unsafe`, `attack`.
    `roles` has shape (n,), each a place in list(Role); `supported` is bool of shape (n,). `taxonomy` is the one the
    policy was read with.

    Raises ValueError when shapes do not fit, a score is above STEPS or a role is none.
    """
    taxonomy = taxonomy or native()
    _check(scores, roles, supported, len(taxonomy.trained) + 2)
    edges = [_edges(policy, role, taxonomy) for role in Role]
    least = policy.on_unsupported.least.gravity
    places = [taxonomy.slugs.index(slug) for slug in (*taxonomy.trained, OTHER)]
    hazards = np.array([slug in taxonomy.hazards for slug in taxonomy.trained])
    decided = Decided(
        np.empty(len(scores), np.uint8),
        np.empty(len(scores), np.bool_),
        np.zeros((len(scores), len(taxonomy.slugs)), np.uint8),
    )
    for begin in range(0, len(scores), _ROWS):
        for role, rules in enumerate(edges):
            rows = begin + np.flatnonzero(roles[begin : begin + _ROWS] == role)
            if not len(rows):
                continue
            judged, unsure = _judge(np.ascontiguousarray(scores[rows].T), rules, hazards)
            unread = np.where(supported[rows], 0, least).astype(np.uint8)
            # needs_caution repeats the review of a band: it never changes the verdict.
            decided.actions[rows] = np.maximum(judged.max(axis=0), unread)
            flags = (judged == Action.FLAG.gravity) | (judged == Action.BLOCK.gravity)
            decided.flagged[rows] = flags.any(axis=0) | (unread == Action.BLOCK.gravity)
            decided.categories[rows[:, None], places] = judged.T
            decided.categories[rows, taxonomy.slugs.index(NEEDS_CAUTION)] = unsure * Action.REVIEW.gravity
    if policy.floor:
        return _at_least(decide_all(scores, roles, supported, policy.floor, taxonomy), decided)
    return decided


def _at_least(floor: Decided, decided: Decided) -> Decided:
    # A floor raises the verdict; what each category says stays the policy's own.
    actions, flagged = np.maximum(decided.actions, floor.actions), decided.flagged | floor.flagged
    return Decided(actions, flagged, decided.categories)


def _check(scores: NDArray[np.uint16], roles: NDArray[np.uint8], supported: NDArray[np.bool_], outputs: int) -> None:
    if scores.ndim != 2 or scores.shape[1] != outputs:
        raise ValueError(f"scores of shape {scores.shape} for {outputs} outputs")
    if roles.shape != (len(scores),) or supported.shape != (len(scores),):
        raise ValueError(f"{len(scores)} rows of scores, roles {roles.shape}, supported {supported.shape}")
    if scores.max(initial=0) > STEPS:
        raise ValueError(f"a score is {scores.max()} ten-thousandths, which is no probability")
    if roles.max(initial=0) >= len(Role):
        raise ValueError(f"role {roles.max()} is none of {len(Role)}")


def lowest_steps(shares: list[float]) -> NDArray[np.uint16]:
    """Return the lowest score, in ten-thousandths, that is at or above each share of 0..1: shape (shares,).

    Compared as floats, like decide() does: of a threshold that lies a rounding error above a score, the next counts.
    """
    return np.searchsorted(_SCORES, shares).astype(np.uint16)


def _edges(policy: Policy, role: Role, taxonomy: Taxonomy) -> _Edges:
    rules = [policy.rules[role][slug] for slug in (*taxonomy.trained, OTHER)]
    shadow = np.array([rule.shadow for rule in rules])
    return _Edges(
        np.where(shadow, _NEVER, lowest_steps([rule.reviewed[0] for rule in rules])).astype(np.uint16)[:, None],
        np.where(shadow, _NEVER, lowest_steps([rule.reviewed[1] for rule in rules])).astype(np.uint16)[:, None],
        np.array([rule.action.gravity for rule in rules], np.uint8)[:, None],
        lowest_steps([rule.threshold for rule in rules])[:, None],
    )


def _judge(
    scores: NDArray[np.uint16], rules: _Edges, hazards: NDArray[np.bool_]
) -> tuple[Gravities, NDArray[np.bool_]]:
    """Return gravities of shape (rules, m), and which of the m texts have a score in a band, of shape (m,).

    `scores` has shape (outputs, m).
    """
    scores = scores[: len(rules.starts)]  # the trained categories and `unsafe`; `attack` decides nothing
    named = (scores[:-1] >= rules.thresholds[:-1])[hazards].any(axis=0)
    scores[-1][named] = 0  # `other` is silent when a hazard is named
    inside, above = scores >= rules.starts, scores >= rules.ends
    judged = np.where(above, rules.above, inside * np.uint8(Action.REVIEW.gravity))
    return judged, np.asarray((inside & ~above).any(axis=0))
