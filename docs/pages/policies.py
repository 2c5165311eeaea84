"""docs/reference/policies.md: the policies that ship."""

from docs.pages.text import code, table
from taxonomy.categories import NEEDS_CAUTION, Role
from taxonomy.files import shipped_policies
from taxonomy.policy import Policy, Rule


def page() -> str:
    """Return the page."""
    parts = [
        "# Policies",
        "The policies in the package. A score at or above the threshold gets the action; one from the number under "
        "*review from* up to the threshold gets `review`, where the action is `review` or `block` (`allow` and `flag` "
        f"have no band). `{NEEDS_CAUTION}` has no rule: it says that some category is in its band. How to write a "
        "policy of your own: [thresholds](../guides/thresholds.md).",
        *(_policy(each) for each in shipped_policies().values()),
    ]
    return "\n\n".join(parts)


def _policy(policy: Policy) -> str:
    rows = [
        (
            code(slug),
            f"{rule.threshold:.2f}",
            _band(policy, slug),
            *(_in_role(policy.rules[role][slug], rule) for role in Role),
        )
        for slug, rule in policy.rules[Role.TEXT].items()
    ]
    verdict = {"open": "allowed", "closed": "blocked"}[policy.on_error]
    unsupported = {"decide": "decided as any other", "review": "reviewed at least", "block": "blocked"}
    parts = [
        f"## {policy.name}",
        f"{policy.description} A text that cannot be scored is {verdict} (`on_error: {policy.on_error}`). A text in a "
        f"language that the model has not learned is {unsupported[policy.on_unsupported]} "
        f"(`on_unsupported: {policy.on_unsupported}`).",
        table(("category", "threshold", "review from", *Role), rows),
    ]
    return "\n\n".join(parts)


def _band(policy: Policy, slug: str) -> str:
    """Return where the band begins in the roles that have one, and where it ends if that is not the threshold."""
    for role in Role:
        rule = policy.rules[role][slug]
        begin, end = rule.reviewed
        if begin < end:
            return f"{begin:.2f}" if end == rule.threshold else f"{begin:.2f} to {end:.2f}"
    return ""


def _in_role(rule: Rule, usual: Rule) -> str:
    """Return the action, and whatever else differs from the rule that the row shows."""
    out = f"**{rule.action}**" if rule.action == "block" else str(rule.action)
    if rule.threshold != usual.threshold:
        out += f" at {rule.threshold:.2f}"
    if rule.review_band != usual.review_band:
        out += f", review {rule.reviewed[0]:.2f} to {rule.reviewed[1]:.2f}"
    return out + (" (shadow)" if rule.shadow else "")
