"""Review bands that are written and do less than they say, or nothing: no mistake, and nothing that anybody means."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from taxonomy.categories import Role
from taxonomy.document import Document, Problem
from taxonomy.policy import Action, Policy, Rule
from taxonomy.wording import Place

_BAND = "review_band"


def idle_bands(document: Document, policy: Policy) -> Iterator[Problem]:
    """Yield a warning for each band of a policy file that does not do what it says; `policy` is what it comes to."""
    if _BAND in document.keys("defaults"):
        everywhere = [rule for rules in policy.rules.values() for rule in rules.values()]
        if wrong := _without_effect(everywhere):
            yield document.problem(("defaults", _BAND), wrong)
    for slug in document.keys("categories"):
        elsewhere = {role for role in Role if _BAND in document.keys("roles", role, slug)}
        rules = [policy.rules[role][slug] for role in Role if role not in elsewhere]
        yield from _of(document, ("categories", slug), rules)
    for role in Role:
        for slug in document.keys("roles", role):
            yield from _of(document, ("roles", role, slug), [policy.rules[role][slug]])


def _of(document: Document, place: tuple[str, ...], rules: Sequence[Rule]) -> Iterator[Problem]:
    if not rules or _BAND not in document.keys(*place):
        return
    band: Place = (*place, _BAND)
    if wrong := _without_effect(rules):
        yield document.problem(band, wrong)
        return
    acting = [rule for rule in rules if rule.action.gravity >= Action.REVIEW.gravity]
    for side, end in (("below", 0), ("above", 1)):
        for rule in acting:
            taken = abs(Decimal(repr(rule.reviewed[end])) - Decimal(repr(float(rule.threshold))))
            if taken < Decimal(repr(float(getattr(rule.review_band, side)))):
                room = f"at most half the room between the threshold and {end}"
                yield document.problem((*band, side), f"warning: a band takes {room}, here {taken}")
                break
    if acting[0].review_band.above and all(rule.action is Action.REVIEW for rule in acting):
        yield document.problem((*band, "above"), "warning: has no effect: above the threshold all is review already")


def _without_effect(rules: Sequence[Rule]) -> str:
    actions = sorted({rule.action for rule in rules}, key=lambda each: each.gravity)
    if any(action.gravity >= Action.REVIEW.gravity for action in actions):
        return ""
    return f"warning: has no effect: only review and block have a band, and the action is {' or '.join(actions)}"
