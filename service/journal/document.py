"""A policy as the journal keeps it: plain data, and beside it the parent it extends as that was then."""

from functools import cache
from typing import Any

import msgspec

from taxonomy.categories import Role
from taxonomy.document import Document
from taxonomy.families import policies_in
from taxonomy.files import finished, native, shipped_policies
from taxonomy.policy import Policy, decided_slugs
from taxonomy.resolve import PolicyFile


def resolved(document: dict[str, Any], parent: dict[str, Any] | None) -> tuple[PolicyFile, Policy]:
    """Return a kept policy as written, and with its gaps filled.

    Raises DocumentError for a document that is no policy, msgspec.MsgspecError for a parent that is none.
    """
    extended = None if parent is None else fitted(msgspec.convert(parent, Policy))
    checked = Document("journal")
    checked.data = document
    (policy,) = policies_in([checked], native(), {extended.name: extended} if extended else {})
    policy = finished(checked, policy)
    return msgspec.convert(document, PolicyFile), policy


def fitted(policy: Policy) -> Policy:
    """Return a resolved policy with one rule for each role and category of today's taxonomy.

    A category that came after the policy was kept has the shipped default policy's rule; one that went is left out.
    """
    slugs, spare = decided_slugs(native()), _spare()
    rules = {
        role: {slug: policy.rules.get(role, {}).get(slug, spare.rules[role][slug]) for slug in slugs} for role in Role
    }
    return msgspec.structs.replace(policy, rules=rules)


@cache
def _spare() -> Policy:
    return shipped_policies()["default"]
