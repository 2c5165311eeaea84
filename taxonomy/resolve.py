"""A policy as it is written, with gaps, and how they are filled."""

import msgspec

from taxonomy.categories import Name, Role, Taxonomy
from taxonomy.evidence import Evidence
from taxonomy.policy import OnError, OnUnsupported, Override, Policy, Rule, RuleChange, changed, decided_slugs


class PolicyFile(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="kind", tag="policy"
):
    """A policy as written: `defaults`, then `categories` over them, then `roles` over both.

    With `extends` they are laid over the rules of the policy of that name, `defaults` over every one of them, and what
    is left out is as it is there. Without, `on_error` must be given, and `defaults` with a threshold and an action;
    `on_unsupported` is then `decide` and `override` is `any` where they are left out. `evidence` says what the
    thresholds were chosen on; it is not inherited.
    """

    name: Name
    description: str
    extends: Name | None = None
    on_error: OnError | None = None
    on_unsupported: OnUnsupported | None = None
    override: Override | None = None
    defaults: RuleChange | None = None
    categories: dict[str, RuleChange] = {}
    roles: dict[str, dict[str, RuleChange]] = {}
    evidence: Evidence | None = None


def resolve(file: PolicyFile, taxonomy: Taxonomy, parent: Policy | None = None) -> Policy:
    """Fill the gaps of a written policy; `parent` is the one it extends, resolved.

    Its slugs and roles must have been checked, and that nothing is missing (meaning.py does).
    """
    laid = parent.rules if parent else _from_defaults(file, taxonomy)
    if parent and file.defaults:
        laid = {role: changed(rules, dict.fromkeys(rules, file.defaults)) for role, rules in laid.items()}
    for_all = {role: changed(rules, file.categories) for role, rules in laid.items()}
    return Policy(
        file.name,
        file.description,
        file.on_error or (parent.on_error if parent else OnError.CLOSED),
        {role: changed(rules, file.roles.get(role, {})) for role, rules in for_all.items()},
        file.on_unsupported or (parent.on_unsupported if parent else OnUnsupported.DECIDE),
        file.override or (parent.override if parent else Override.ANY),
        file.evidence,
    )


def _from_defaults(file: PolicyFile, taxonomy: Taxonomy) -> dict[Role, dict[str, Rule]]:
    rule = msgspec.convert(msgspec.to_builtins(file.defaults), Rule)
    return {role: dict.fromkeys(decided_slugs(taxonomy), rule) for role in Role}
