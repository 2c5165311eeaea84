"""A taxonomy of three hazards and one attack, and policies and scores for it, so that a test fits on a screen."""

from taxonomy.categories import Category, Group, Role, Taxonomy
from taxonomy.policy import Action, Band, OnError, Policy, Rule
from taxonomy.verdict import CategoryVerdict, Scores, Verdict, decide

GROUPS = {
    "hate": Group.CORE,
    "needs_caution": Group.FALLBACK,  # in the middle: a verdict's order must be the taxonomy's, not a habit
    "threat": Group.CORE,
    "malware": Group.FINE_GRAINED,
    "other": Group.FALLBACK,
    "jailbreak": Group.ATTACK,
}
TAXONOMY = Taxonomy("test", tuple(Category(slug, slug, group, "", "") for slug, group in GROUPS.items()))
TRAINED = ("hate", "threat", "malware", "jailbreak")
BLOCK = Rule(0.5, Action.BLOCK, Band(below=0.1))


def policy_of(roles: dict[Role, dict[str, Rule]] | None = None, **rules: Rule) -> Policy:
    """Return a policy in which every rule not given is BLOCK; `roles` says what differs in a role."""
    everywhere = dict.fromkeys((*TRAINED, "other"), BLOCK) | rules
    return Policy("test", "", OnError.CLOSED, {role: everywhere | (roles or {}).get(role, {}) for role in Role})


def scores_of(unsafe: float = 0.0, attack: float = 0.0, **scores: float) -> Scores:
    """Return scores that are 0 where none is given."""
    return Scores(tuple(scores.get(slug, 0.0) for slug in TRAINED), unsafe, attack)


def verdict_of(scores: Scores, policy: Policy, role: Role = Role.TEXT) -> Verdict:
    return decide(scores, policy, role, TAXONOMY)


def entry(verdict: Verdict, slug: str) -> CategoryVerdict:
    return next(each for each in verdict.categories if each.slug == slug)
