"""A policy: what to do at which score, per category and role. It never changes a score."""

from enum import StrEnum
from functools import cached_property
from typing import Annotated, TypeAlias

import msgspec

from taxonomy.categories import NEEDS_CAUTION, Role, Taxonomy, digest_of
from taxonomy.document import suggestion

Share: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=1)]


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


class Band(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far below and above the threshold a score is too close to call; distances in 0..1."""

    below: Share = 0.0
    above: Share = 0.0


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The decision for one category: at or above `threshold` the action applies, inside the band `review`."""

    threshold: Share
    action: Action
    review_band: Band = Band()
    shadow: bool = False


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


class PolicyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A policy as written: `defaults`, then `categories` over them, then `roles` over both."""

    name: str
    description: str
    on_error: OnError
    defaults: Rule
    categories: dict[str, RuleChange] = {}
    roles: dict[str, dict[str, RuleChange]] = {}


class UnknownCategory(ValueError):
    """A threshold was given for a slug that has none; `slug` is the caller's word."""

    def __init__(self, slug: str, known: tuple[str, ...]) -> None:
        self.slug = slug
        super().__init__(f"unknown category '{slug}'{suggestion(slug, known)}")


class Policy(msgspec.Struct, frozen=True, dict=True):
    """A policy with every gap filled: one rule for each role and each category that has a threshold."""

    name: str
    description: str
    on_error: OnError
    rules: dict[Role, dict[str, Rule]]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the resolved policy, as `sha256:` and 64 hex digits: equal digests decide alike."""
        return digest_of(self)

    def with_thresholds(self, thresholds: dict[str, float]) -> "Policy":
        """Return this policy with other thresholds in every role; bands move along. Raises UnknownCategory."""
        known = tuple(self.rules[Role.TEXT])
        for slug in thresholds:
            if slug not in known:
                raise UnknownCategory(slug, known)
        changed = {
            role: {
                slug: msgspec.structs.replace(rule, threshold=thresholds[slug]) if slug in thresholds else rule
                for slug, rule in rules.items()
            }
            for role, rules in self.rules.items()
        }
        return msgspec.structs.replace(self, rules=changed)


def decided_slugs(taxonomy: Taxonomy) -> tuple[str, ...]:
    """Return the slugs a policy sets a rule for: all but `needs_caution`, which the bands produce."""
    return tuple(slug for slug in taxonomy.slugs if slug != NEEDS_CAUTION)


def resolve(file: PolicyFile, taxonomy: Taxonomy) -> Policy:
    """Fill the gaps of a written policy. The slugs and roles must have been checked (files.py does)."""
    nothing = RuleChange()
    rules: dict[Role, dict[str, Rule]] = {}
    for role in Role:
        changes = file.roles.get(role, {})
        rules[role] = {
            slug: changes.get(slug, nothing).applied_to(file.categories.get(slug, nothing).applied_to(file.defaults))
            for slug in decided_slugs(taxonomy)
        }
    return Policy(file.name, file.description, file.on_error, rules)
