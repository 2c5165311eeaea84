"""Thresholds that a request brings along, as far as the policy's `override` lets it."""

from collections.abc import Mapping

import msgspec

from taxonomy.policy import Override, Policy


class OverrideRefused(ValueError):
    """The policy does not allow these thresholds; `slug` is the one that is too high, None where none is allowed."""

    def __init__(self, policy: str, slug: str | None = None) -> None:
        self.slug = slug
        if slug is None:
            super().__init__(f"the policy {policy} allows no other thresholds")
        else:
            super().__init__(f"the policy {policy} allows lower thresholds only, and that of '{slug}' is higher")


def bounded(policy: Policy, thresholds: Mapping[str, float]) -> Policy:
    """Return the policy with thresholds (0..1) of a request's own, as its `override` allows.

    Under `stricter` none may lie above the policy's own in any role, and the policy itself becomes the floor: a lower
    threshold of a hazard takes `other` its score, so lower thresholds alone could let something through.

    Raises OverrideRefused, and what Policy.with_thresholds raises.
    """
    if not thresholds:
        return policy
    if policy.override is Override.NONE:
        raise OverrideRefused(policy.name)
    changed = policy.with_thresholds(thresholds)
    if policy.override is Override.ANY:
        return changed
    for slug, threshold in thresholds.items():
        if any(threshold > rules[slug].threshold for rules in policy.rules.values()):
            raise OverrideRefused(policy.name, slug)
    return msgspec.structs.replace(changed, floor=policy)
