"""Scores in, verdict out: the one place where a number becomes a decision.

Scores (ordered by Taxonomy.trained) + Policy + Role -> Verdict (one entry for every category)
"""

import msgspec

from taxonomy.categories import NEEDS_CAUTION, OTHER, Role, Taxonomy
from taxonomy.files import native
from taxonomy.policy import Action, Policy, Rule


class Scores(msgspec.Struct, frozen=True):
    """Calibrated probabilities of one text: one per trained category, in taxonomy order, and two overall."""

    categories: tuple[float, ...]
    unsafe: float
    attack: float


class CategoryVerdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one category says: `action` is enforced; a shadow rule allows and says what it would have done."""

    slug: str
    score: float
    threshold: float
    flagged: bool
    action: Action
    shadow_action: Action | None = None


class Verdict(msgspec.Struct, frozen=True):
    """The gravest action among the categories; `flagged` when any category flags or blocks."""

    action: Action
    flagged: bool
    categories: tuple[CategoryVerdict, ...]


def decide(scores: Scores, policy: Policy, role: Role, taxonomy: Taxonomy | None = None) -> Verdict:
    """Apply a policy to the scores of one text. Pure: the same arguments always give the same verdict.

    A score at or above threshold + band.above gets the rule's action, one inside the band gets `review`,
    any other `allow`. `other` scores `unsafe` when no hazard reaches its threshold, else 0. `needs_caution`
    scores the highest score that lies in its band, else 0; its threshold is where that band begins.
    Raises ValueError when the number of scores is not the taxonomy's.
    """
    taxonomy = taxonomy or native()
    by_slug = dict(zip(taxonomy.trained, scores.categories, strict=True))
    rules = policy.rules[role]
    named = any(by_slug[slug] >= rules[slug].threshold for slug in taxonomy.hazards)
    by_slug[OTHER] = 0.0 if named else scores.unsafe

    entries = {slug: _judge(slug, score, rules[slug]) for slug, score in by_slug.items()}
    entries[NEEDS_CAUTION] = _caution(entries, rules)
    ordered = tuple(entries[slug] for slug in taxonomy.slugs)
    action = max((entry.action for entry in ordered), key=lambda each: each.gravity)
    return Verdict(action, any(entry.flagged for entry in ordered), ordered)


def _judge(slug: str, score: float, rule: Rule) -> CategoryVerdict:
    action = _action(score, rule)
    if rule.shadow:
        return CategoryVerdict(slug, score, rule.threshold, False, Action.ALLOW, action)
    return CategoryVerdict(slug, score, rule.threshold, action in (Action.FLAG, Action.BLOCK), action)


def _action(score: float, rule: Rule) -> Action:
    # `allow` has nothing to be unsure about: its band would only raise reviews nobody asked for.
    if rule.action is Action.ALLOW or score < rule.threshold - rule.review_band.below:
        return Action.ALLOW
    if score < rule.threshold + rule.review_band.above or score < rule.threshold:
        return Action.REVIEW
    return rule.action


def _caution(entries: dict[str, CategoryVerdict], rules: dict[str, Rule]) -> CategoryVerdict:
    unsure = [e for e in entries.values() if e.action is Action.REVIEW and _in_band(e.score, rules[e.slug])]
    if not unsure:
        starts = [r.threshold - r.review_band.below for r in rules.values() if r.action is not Action.ALLOW]
        return CategoryVerdict(NEEDS_CAUTION, 0.0, max(0.0, min(starts, default=1.0)), False, Action.ALLOW)
    top = max(unsure, key=lambda entry: entry.score)
    start = max(0.0, top.threshold - rules[top.slug].review_band.below)
    return CategoryVerdict(NEEDS_CAUTION, top.score, start, False, Action.REVIEW)


def _in_band(score: float, rule: Rule) -> bool:
    return score < rule.threshold or score < rule.threshold + rule.review_band.above
