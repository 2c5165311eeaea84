"""Scores in, verdict out: the one place where a number becomes a decision.

Scores (ordered by Taxonomy.trained) + Policy + Role -> Verdict (one entry for every category)
"""

import msgspec

from taxonomy.categories import NEEDS_CAUTION, OTHER, Role, Taxonomy
from taxonomy.files import native
from taxonomy.policy import Action, Policy, Rule


class Scores(msgspec.Struct, frozen=True, gc=False):
    """Calibrated probabilities of one text, all in 0..1.

    `categories` has one for each of Taxonomy.trained, in its order. `unsafe` feeds the category `other`;
    `attack` is for the answer only: the two attack categories decide on their own.
    """

    categories: tuple[float, ...]
    unsafe: float
    attack: float


class CategoryVerdict(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What one category says: `action` is enforced; a shadow rule allows and says what it would have done."""

    slug: str
    score: float
    threshold: float
    flagged: bool
    action: Action
    shadow_action: Action | None = None


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """The gravest action among the categories; `flagged` when any category flags or blocks.

    A text in a language that the model has not learned gets at least what the policy's `on_unsupported` says; where
    that is `block`, it is flagged though no category flags. Where the policy has a floor, the text gets at least what
    that gives it, and the categories are those of the policy itself.
    """

    action: Action
    flagged: bool
    categories: tuple[CategoryVerdict, ...]


def decide(
    scores: Scores, policy: Policy, role: Role, taxonomy: Taxonomy | None = None, *, supported: bool = True
) -> Verdict:
    """Apply a policy to the scores of one text. Pure: the same arguments always give the same verdict.

    A score above the rule's review band gets the rule's action, one inside it gets `review`, one below it
    `allow`. `other` scores `unsafe` when no hazard reaches its threshold, else 0. `needs_caution` scores the
    highest score that lies in its band, else 0; its threshold is where that band begins (if none does, where
    the lowest band begins, and 1 when there are no bands). `taxonomy` is the one the policy was read with;
    `supported` says whether the model has learned the text's language.

    Raises ValueError when the number of scores is not the taxonomy's, or one is NaN or outside 0..1: a score
    that is no probability must not pass for a judgement.
    """
    taxonomy = taxonomy or native()
    by_slug = _named(scores, taxonomy)
    rules = policy.rules[role]
    if any(by_slug[slug] >= rules[slug].threshold for slug in taxonomy.hazards):
        by_slug[OTHER] = 0.0

    entries = {slug: _judge(slug, score, rules[slug]) for slug, score in by_slug.items()}
    entries[NEEDS_CAUTION] = _caution(entries, rules, policy.lowest_bands[role])
    ordered = tuple([entries[slug] for slug in taxonomy.slugs])
    acting = [entry for entry in ordered if entry.action is not Action.ALLOW]
    least = Action.ALLOW if supported else policy.on_unsupported.least
    action = max((least, *(entry.action for entry in acting)), key=lambda each: each.gravity)
    flagged = least is Action.BLOCK or any(entry.flagged for entry in acting)
    if policy.floor:
        floor = decide(scores, policy.floor, role, taxonomy, supported=supported)
        action = max(action, floor.action, key=lambda each: each.gravity)
        flagged = flagged or floor.flagged
    return Verdict(action, flagged, ordered)


def _named(scores: Scores, taxonomy: Taxonomy) -> dict[str, float]:
    """Return slug -> score for every category but `needs_caution`, `other` holding the overall score."""
    if len(scores.categories) != len(taxonomy.trained):
        raise ValueError(f"{len(scores.categories)} scores for {len(taxonomy.trained)} categories")
    by_slug = {**dict(zip(taxonomy.trained, scores.categories, strict=True)), OTHER: scores.unsafe}
    for slug, score in (*by_slug.items(), ("attack", scores.attack)):
        if not 0 <= score <= 1:
            raise ValueError(f"the score of '{slug}' is {score}, which is no probability")
    return by_slug


def _judge(slug: str, score: float, rule: Rule) -> CategoryVerdict:
    if score < rule.reviewed[0] and not rule.shadow:  # nearly every category of nearly every text
        return CategoryVerdict(slug, score, rule.threshold, False, Action.ALLOW)
    action = _action(score, rule)
    if rule.shadow:
        return CategoryVerdict(slug, score, rule.threshold, False, Action.ALLOW, action)
    return CategoryVerdict(slug, score, rule.threshold, action in (Action.FLAG, Action.BLOCK), action)


def _action(score: float, rule: Rule) -> Action:
    start, end = rule.reviewed
    if score < start:
        return Action.ALLOW
    return Action.REVIEW if score < end else rule.action


def _caution(entries: dict[str, CategoryVerdict], rules: dict[str, Rule], lowest: float) -> CategoryVerdict:
    # Only a category with a band can say `review`, or one whose action that is, which then is above its band.
    unsure = [
        entry
        for entry in entries.values()
        if entry.action is Action.REVIEW and entry.score < rules[entry.slug].reviewed[1]
    ]
    if not unsure:
        return CategoryVerdict(NEEDS_CAUTION, 0.0, lowest, False, Action.ALLOW)
    top = max(unsure, key=lambda entry: entry.score)
    return CategoryVerdict(NEEDS_CAUTION, top.score, rules[top.slug].reviewed[0], False, Action.REVIEW)
