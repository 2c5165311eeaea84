"""Review bands: how far below its threshold a score goes to a person, as a path that widens.

What is certain is decided alone and the rest is looked at: El-Yaniv & Wiener 2010, "On the foundations of noise-free
selective classification"; Geifman & El-Yaniv 2017, "Selective classification for deep neural networks". Thresholds
stay where they are; bands widen below them in the order in which the path would have lowered the thresholds. A policy's
band takes at most half the room down to 0 (taxonomy.policy.Rule.reviewed), and only categories that review or block
have one.
"""

from functools import lru_cache
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.decide import decide_all, lowest_steps
from models.tuning.levels import COLUMNS, GRID, HAZARDS, Places
from models.tuning.rows import SLUGS, DistinctRows, Mask
from taxonomy.categories import OTHER, Role
from taxonomy.decision import STEPS
from taxonomy.policy import Action, Band, Policy, Rule, RuleChange

Widths = NDArray[np.int64]


class Reviewed(NamedTuple):
    """Of n rows, with bands of width 0 and as they widen.

    `alone` and `flagged` are what models.decide says before there are bands; `since`, of shape (n,), is the first point
    at which some category's band holds the row.
    """

    alone: NDArray[np.uint8]
    flagged: Mask
    since: NDArray[np.intp]

    def reviews(self, points: int, rows: Mask) -> NDArray[np.int64]:
        """Return (points,): how many of `rows`, a mask of shape (n,), each of so many points sends to a person."""
        milder = rows & (self.alone < Action.REVIEW.gravity)
        already = int((rows & (self.alone == Action.REVIEW.gravity)).sum())
        return already + np.cumsum(np.bincount(self.since[milder], minlength=points + 1))[:points]

    def caught(self, points: int, rows: Mask) -> NDArray[np.int64]:
        """Return (points,): how many of `rows` each point stops or sends to a person."""
        since = np.where(self.alone > Action.ALLOW.gravity, 0, self.since)[rows]
        return np.asarray(np.cumsum(np.bincount(since, minlength=points + 1))[:points])


def banded(policy: Policy, tuned: Mask) -> Mask:
    """Return (slugs,): which tuned categories have a band in some role."""
    rules = [[policy.rules[role][slug] for slug in SLUGS] for role in Role]
    can = [[not rule.shadow and rule.action in (Action.REVIEW, Action.BLOCK) for rule in row] for row in rules]
    return np.asarray(np.array(can).any(axis=0) & tuned)


def without(policy: Policy, has_band: Mask) -> Policy:
    """Return a policy in which the categories that get a band, a mask of shape (slugs,), have none yet."""
    return with_changes(policy, band_changes(np.zeros(len(SLUGS), np.int64), has_band))


def with_changes(policy: Policy, changes: dict[str, RuleChange]) -> Policy:
    """Return a policy with the changes made in every role, as `categories` of a file that extends it would."""
    rules = {
        role: {slug: changes[slug].applied_to(rule) if slug in changes else rule for slug, rule in of_role.items()}
        for role, of_role in policy.rules.items()
    }
    return msgspec.structs.replace(policy, rules=rules)


def thresholds(point: Places, tuned: Mask) -> dict[str, RuleChange]:
    """Return the thresholds of a point, for the categories that were tuned."""
    return {
        slug: RuleChange(threshold=int(GRID[place]) / STEPS)
        for slug, place, moves in zip(SLUGS, point, tuned, strict=True)
        if moves
    }


def band_changes(wide: NDArray[np.int64], has_band: Mask) -> dict[str, RuleChange]:
    """Return the bands of one point, for the categories that have one."""
    return {
        slug: RuleChange(review_band=Band(below=int(width) / STEPS))
        for slug, width, has in zip(SLUGS, wide, has_band, strict=True)
        if has
    }


def widths(points: Places, policy: Policy, has_band: Mask) -> tuple[Widths, Mask]:
    """Return how wide each band is at each point of a path, and where a policy's limit cut it short.

    Both have shape (points, slugs); widths are in ten-thousandths, fall at no point, and are 0 where there is no band.
    """
    at = np.rint(np.array([min(policy.rules[role][slug].threshold for role in Role) for slug in SLUGS]) * STEPS)
    start = np.minimum(GRID[points], at)
    lowest = np.ceil(at / 2)
    return (np.where(has_band, at - np.maximum(start, lowest), 0)).astype(np.int64), (start < lowest) & has_band


def follow(rows: DistinctRows, policy: Policy, wide: Widths) -> Reviewed:
    """Return what a policy without bands says of rows, and from which point on a band would hold each of them."""
    decided = decide_all(rows.scores, rows.roles, rows.supported, policy)
    since = np.full(len(rows.scores), len(wide), np.intp)
    for place, role in enumerate(Role):
        of = np.flatnonzero(rows.roles == place)
        scores = rows.scores[of]
        named = np.zeros(len(of), bool)
        for i in HAZARDS:
            named |= scores[:, COLUMNS[i]] >= lowest_steps([policy.rules[role][SLUGS[i]].threshold])[0]
        for i in np.flatnonzero(wide.any(axis=0)).tolist():
            rule = policy.rules[role][SLUGS[i]]
            if rule.shadow or rule.action not in (Action.REVIEW, Action.BLOCK):
                continue
            # Widths grow, so the lowest scores in the band fall: a row is held from the first that it reaches.
            begins = _begins(rule.threshold, rule.action, tuple(np.unique(wide[:, i]).tolist()))
            number = np.searchsorted(np.unique(wide[:, i]), wide[:, i])
            falling = begins[number].astype(np.int64)
            reached = len(wide) - np.searchsorted(falling[::-1], scores[:, COLUMNS[i]], side="right")
            if SLUGS[i] == OTHER:
                reached[named] = len(wide)
            since[of] = np.minimum(since[of], reached)
    return Reviewed(decided.actions, decided.flagged, since)


@lru_cache(maxsize=4096)
def _begins(threshold: float, action: Action, wide: tuple[int, ...]) -> NDArray[np.uint16]:
    """Return the lowest score, in ten-thousandths, that a band of each width holds."""
    return lowest_steps([Rule(threshold, action, Band(below=width / STEPS)).reviewed[0] for width in wide])


def spared(seen: Reviewed, number: int, rows: Mask) -> NDArray[np.int64]:
    """Return (points,): how many of `rows` are allowed, or reviewed in a band, at each point."""
    milder = rows & (seen.alone < Action.REVIEW.gravity)
    flags = np.cumsum(np.bincount(seen.since[milder & seen.flagged], minlength=number + 1))[:number]
    return np.asarray(int((milder & ~seen.flagged).sum()) + flags)
