"""What differs between two policies, by role, category and field."""

from collections.abc import Iterator

import msgspec

from taxonomy.categories import Role
from taxonomy.policy import Band, Policy, Rule

_OF_POLICY = ("description", "on_error", "on_unsupported", "override")
_OF_RULE = ("threshold", "action", "review_band", "shadow")


class Change(msgspec.Struct, frozen=True, omit_defaults=True):
    """One field that is another now. Without a role it is so in every role; without a slug it is the policy's own.

    Of `evidence` the values are the digests of the data, which are null where there is none.
    """

    field: str
    before: str | float | bool | Band | None
    after: str | float | bool | Band | None
    slug: str | None = None
    role: Role | None = None


def differences(before: Policy, after: Policy) -> tuple[Change, ...]:
    """Return what differs, the policy's own fields first, then category by category in the order of the taxonomy.

    Names are not compared, so that a policy can be compared with the one it extends. A category that only one of the
    two has a rule for is left out: they belong to two taxonomies.
    """
    return (*_of_policy(before, after), *_of_rules(before, after))


def _of_policy(before: Policy, after: Policy) -> Iterator[Change]:
    for field in _OF_POLICY:
        was, now = getattr(before, field), getattr(after, field)
        if was != now:
            yield Change(field, was, now)
    if before.evidence != after.evidence:
        was, now = (each.evidence.data if each.evidence else None for each in (before, after))
        yield Change("evidence", was, now)


def _of_rules(before: Policy, after: Policy) -> Iterator[Change]:
    for slug in before.rules[Role.TEXT]:
        if slug not in after.rules[Role.TEXT]:
            continue
        for field in _OF_RULE:
            pairs = {
                role: (_value(before.rules[role][slug], field), _value(after.rules[role][slug], field)) for role in Role
            }
            if len(set(pairs.values())) == 1:
                was, now = pairs[Role.TEXT]
                if was != now:
                    yield Change(field, was, now, slug)
            else:
                for role, (was, now) in pairs.items():
                    if was != now:
                        yield Change(field, was, now, slug, role)


def _value(rule: Rule, field: str) -> str | float | bool | Band:
    value: str | float | bool | Band = getattr(rule, field)
    return value
