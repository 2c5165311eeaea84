"""A policy: what to do at which score, per category and role. It never changes a score."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

import msgspec

from taxonomy.categories import NEEDS_CAUTION, Role, Share, Taxonomy, digest_of
from taxonomy.evidence import Evidence
from taxonomy.wording import one_line, suggestion


class Action(StrEnum):
    """What to do with a text, from the mildest to the gravest."""

    ALLOW = "allow"
    FLAG = "flag"
    REVIEW = "review"
    BLOCK = "block"

    @property
    def gravity(self) -> int:
        """0 for `allow` up to 3 for `block`."""
        return _GRAVITY[self]


_GRAVITY = {action: i for i, action in enumerate(Action)}


class OnError(StrEnum):
    """What an item gets when it cannot be scored: `open` allows it, `closed` blocks it. Both say so."""

    OPEN = "open"
    CLOSED = "closed"


class OnUnsupported(StrEnum):
    """What a text in a language that the model has not learned gets at least, whatever it scores.

    Never less: else a few foreign sentences around a harmful one would take its block away.
    """

    DECIDE = "decide"
    REVIEW = "review"
    BLOCK = "block"

    @property
    def least(self) -> Action:
        """The mildest action such a text can get."""
        return Action.ALLOW if self is OnUnsupported.DECIDE else Action(self.value)


class Override(StrEnum):
    """Which thresholds a request may bring: `none`, only ones that are `stricter` (lower), or `any`."""

    NONE = "none"
    STRICTER = "stricter"
    ANY = "any"


class Band(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far below and above the threshold a score is too close to call; distances in 0..1.

    A band takes at most half the room between its threshold and 0 or 1: otherwise a low threshold would send
    every text to review, and a high one would keep its action from ever applying.
    """

    below: Share = 0.0
    above: Share = 0.0


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, dict=True):
    """The decision for one category: at or above `threshold` the action applies, inside the band `review`.

    Only `review` and `block` have a band: to be unsure whether to flag is no reason to make a person look,
    and a score that only nears the threshold must not weigh more than one that reaches it.
    """

    threshold: Share
    action: Action
    review_band: Band = Band()
    shadow: bool = False

    @cached_property
    def reviewed(self) -> tuple[float, float]:
        """The band as scores: the lowest that is in it, and the lowest above it (equal when it is empty)."""
        if self.action.gravity < Action.REVIEW.gravity:
            return self.threshold, self.threshold
        # In decimals, as the file is written: in floats 0.8 - 0.1 is above 0.7.
        at, below, above = (
            Decimal(repr(float(x))) for x in (self.threshold, self.review_band.below, self.review_band.above)
        )
        return float(max(at - below, at / 2)), float(min(at + above, (at + 1) / 2))


class RuleChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A rule with gaps: what is left out stays as it was."""

    threshold: Share | msgspec.UnsetType = msgspec.UNSET
    action: Action | msgspec.UnsetType = msgspec.UNSET
    review_band: Band | msgspec.UnsetType = msgspec.UNSET
    shadow: bool | msgspec.UnsetType = msgspec.UNSET

    def applied_to(self, rule: Rule) -> Rule:
        """Return `rule` with this change made."""
        changes = {name: value for name, value in msgspec.structs.asdict(self).items() if value is not msgspec.UNSET}
        return msgspec.structs.replace(rule, **changes)


class UnknownCategory(ValueError):
    """A threshold was given for a slug that has none; `slug` is the caller's word, `near` names what it may mean."""

    def __init__(self, slug: str, known: tuple[str, ...]) -> None:
        self.slug = slug
        self.near = meant(slug, known)
        super().__init__(f"unknown category '{one_line(slug)}'{self.near}")


class ThresholdOutOfRange(ValueError):
    """A threshold was given that is no number in 0..1; `slug` says for which category."""

    def __init__(self, slug: str, threshold: float) -> None:
        self.slug = slug
        super().__init__(f"the threshold of '{slug}' must be a number from 0 to 1, not {threshold}")


class Policy(msgspec.Struct, frozen=True, dict=True):
    """A policy with every gap filled: one rule for each role and each category that has a threshold.

    A verdict is at least what `floor` gives, where there is one.
    """

    name: str
    description: str
    on_error: OnError
    rules: dict[Role, dict[str, Rule]]
    on_unsupported: OnUnsupported = OnUnsupported.DECIDE
    override: Override = Override.ANY
    evidence: Evidence | None = None
    floor: "Policy | None" = None

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what the policy decides by, as `sha256:` and 64 hex digits: equal digests decide alike.

        Neither `override` nor `evidence` is in it: they decide nothing.
        """
        decided: dict[str, object] = {
            "name": self.name,
            "description": self.description,
            "on_error": self.on_error,
            "rules": self.rules,
            "on_unsupported": self.on_unsupported,
        }
        return digest_of(decided | ({"floor": self.floor.digest} if self.floor else {}))

    @cached_property
    def rules_digest(self) -> str:
        """SHA-256 of what verdicts come from, names aside: what evidence is evidence for.

        Actions and bands are in it, for a promise counts what they stop.
        """
        return digest_of({"rules": self.rules, "on_unsupported": self.on_unsupported})

    @property
    def proven(self) -> bool:
        """Whether there is evidence for the rules as they are. Which model it is for is not looked at."""
        return self.evidence is not None and self.evidence.rules == self.rules_digest

    @cached_property
    def lowest_bands(self) -> dict[Role, float]:
        """Where the lowest review band of each role begins, shadow rules aside; 1 when there are none."""
        bands = {
            role: [rule.reviewed for rule in rules.values() if not rule.shadow] for role, rules in self.rules.items()
        }
        return {role: min((start for start, end in found if start < end), default=1.0) for role, found in bands.items()}

    def with_thresholds(self, thresholds: Mapping[str, float]) -> "Policy":
        """Return this policy with other thresholds (0..1) in every role; bands move along.

        Raises UnknownCategory, and ThresholdOutOfRange for NaN and infinity too.
        """
        known = tuple(self.rules[Role.TEXT])
        for slug, threshold in thresholds.items():
            if slug not in known:
                raise UnknownCategory(slug, known)
            if not 0 <= threshold <= 1:
                raise ThresholdOutOfRange(slug, threshold)
        # float(): a policy's digest must not tell 1 from 1.0.
        changes = {slug: RuleChange(threshold=float(threshold)) for slug, threshold in thresholds.items()}
        rules = {role: changed(rules, changes) for role, rules in self.rules.items()}
        return msgspec.structs.replace(self, rules=rules)


def changed(rules: dict[str, Rule], changes: Mapping[str, RuleChange]) -> dict[str, Rule]:
    """Return the rules of some slugs with the changes made to those that have one."""
    return {slug: changes[slug].applied_to(rule) if slug in changes else rule for slug, rule in rules.items()}


# Scores that people look for among the categories.
_OVERALL = {
    "unsafe": "; the rule on the overall score 'unsafe' is that of 'other'",
    "attack": "; there is a rule for 'jailbreak' and one for 'prompt_injection'",
}


def meant(slug: str, known: Iterable[str]) -> str:
    """Return which rule's slug an unknown one may stand for, as the end of a message; nothing where none is near."""
    return _OVERALL.get(slug) or suggestion(slug, known)


def decided_slugs(taxonomy: Taxonomy) -> tuple[str, ...]:
    """Return the slugs a policy sets a rule for: all but `needs_caution`, which the bands produce."""
    return tuple(slug for slug in taxonomy.slugs if slug != NEEDS_CAUTION)
