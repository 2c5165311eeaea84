"""docs/reference/policies.md: the policies that ship."""

from docs.pages.text import code, table
from taxonomy.categories import NEEDS_CAUTION, Role
from taxonomy.files import shipped_policies
from taxonomy.policy import Action, Policy, Rule


def page() -> str:
    """Return the page."""
    parts = [
        "# Policies",
        "The policies in the package. A score at or above the threshold gets the action; one from the number under "
        "*review from* up to the threshold gets `review`, where the action is `review` or `block` (`allow` and `flag` "
        f"have no band). `{NEEDS_CAUTION}` has no rule: it says that some category is in its band. How to write a "
        "policy of your own: [thresholds](../guides/thresholds.md).",
        *(_policy(each) for each in shipped_policies().values()),
        _keys(),
    ]
    return "\n\n".join(parts)


_KEYS = {
    "kind": "`policy`",
    "name": "what requests name it by: letters, digits, `.`, `_` and `-`",
    "description": "one sentence for whoever lists the policies",
    "extends": "the policy whose rules these are laid over, by name; what is left out here is as it is there",
    "on_error": "what a text gets that cannot be scored: `open` allows it, `closed` blocks it; required without "
    "`extends`",
    "on_unsupported": "what a text in a language that was not learned gets at least: `decide` (nothing more), `review` "
    "or `block`; `decide` where neither this nor the policy extended says so",
    "override": "which `thresholds` a request may bring: `none`, `stricter` (none above the policy's own, and the "
    "verdict is never milder than the policy's) or `any`; `any` where neither this nor the policy extended says so",
    "defaults": "a rule for every category; with `extends`, what of every rule changes; required without",
    "categories": "category -> what of its rule changes, in all roles",
    "roles": "role -> category -> what of its rule changes in that role",
    "evidence": "what the thresholds were chosen on, as `tidegate tune` writes it; not inherited, and worth nothing "
    "once a rule is another",
    "threshold": "in a rule: from 0 to 1; a score that reaches it gets the action",
    "action": "in a rule: " + ", ".join(code(each) for each in Action),
    "review_band": "in a rule: how far `below` and `above` the threshold a score is too close to call; replaced whole",
    "shadow": "in a rule: `true` reports what it would do and enforces nothing",
}


def _keys() -> str:
    """Return what the keys of a policy file mean, in the order in which they are laid over each other."""
    rows = [(code(key), meaning) for key, meaning in _KEYS.items()]
    lead = (
        "`defaults` are laid over the policy extended, `categories` over them, `roles` over both. "
        "`tidegate check FILE...` names every mistake with its line; files may extend each other."
    )
    return "\n\n".join(["## Keys of a policy file", lead, table(("key", "meaning"), rows)])


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
