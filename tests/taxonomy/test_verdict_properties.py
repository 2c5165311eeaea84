"""What holds for every policy and every score."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from taxonomy.categories import Role
from taxonomy.policy import Action, Band, Policy, Rule
from taxonomy.verdict import Scores
from tests.taxonomy.small import TAXONOMY, TRAINED, entry, policy_of, scores_of, verdict_of

# Hundredths and any float: the first meet the edges of bands often, the second fall between them.
SHARES = st.integers(0, 100).map(lambda n: n / 100) | st.floats(0, 1)
RULES = st.builds(Rule, SHARES, st.sampled_from(Action), st.builds(Band, SHARES, SHARES), st.booleans())
POLICIES = st.fixed_dictionaries(dict.fromkeys((*TRAINED, "other"), RULES)).map(lambda rules: policy_of(**rules))
SCORES = st.builds(Scores, st.tuples(*[SHARES] * len(TRAINED)), SHARES, SHARES)
SLUGS = st.sampled_from(TRAINED)
quick = settings(max_examples=200, deadline=None)


@quick
@given(SCORES, POLICIES, SLUGS, SHARES)
def test_raising_a_threshold_never_makes_its_category_graver(
    scores: Scores, policy: Policy, slug: str, threshold: float
):
    lower, higher = sorted((threshold, policy.rules[Role.TEXT][slug].threshold))
    before = verdict_of(scores, policy.with_thresholds({slug: lower}))
    after = verdict_of(scores, policy.with_thresholds({slug: higher}))
    for field in ("action", "shadow_action"):
        was, now = getattr(entry(before, slug), field), getattr(entry(after, slug), field)
        assert (now.gravity if now else 0) <= (was.gravity if was else 0)
    for untouched in set(TRAINED) - {slug}:
        assert entry(before, untouched) == entry(after, untouched)


@quick
@given(RULES, SHARES, SHARES)
def test_a_higher_score_is_never_judged_milder(rule: Rule, one: float, two: float):
    low, high = sorted((one, two))
    policy = policy_of(hate=rule)
    before, after = (entry(verdict_of(scores_of(hate=score), policy), "hate") for score in (low, high))
    assert before.action.gravity <= after.action.gravity


@quick
@given(SCORES, POLICIES, st.sampled_from(Role))
def test_the_verdict_is_its_gravest_entry(scores: Scores, policy: Policy, role: Role):
    verdict = verdict_of(scores, policy, role)
    gravest = [
        action for action in ("block", "review", "flag", "allow") if action in {e.action for e in verdict.categories}
    ]
    assert verdict.action == gravest[0]
    assert verdict.flagged == any(each.action in ("flag", "block") for each in verdict.categories)
    assert tuple(each.slug for each in verdict.categories) == TAXONOMY.slugs


@quick
@given(SCORES, POLICIES)
def test_no_entry_is_graver_than_its_rule_and_none_acts_below_its_band(scores: Scores, policy: Policy):
    rules = policy.rules[Role.TEXT]
    for each in verdict_of(scores, policy).categories:
        if each.slug in rules:
            rule = rules[each.slug]
            assert each.action.gravity <= rule.action.gravity
            assert each.score >= rule.threshold / 2 or each.action is Action.ALLOW
            assert (
                each.score < rule.threshold
                or (each.action is not Action.ALLOW)
                or rule.shadow
                or rule.action == "allow"
            )


@quick
@given(*[st.integers(0, 100)] * 4)
def test_the_band_is_exact_in_hundredths(threshold: int, below: int, above: int, score: int):
    # The same rule in whole numbers (halves of hundredths), where nothing is rounded.
    start, end = max(2 * (threshold - below), threshold), min(2 * (threshold + above), threshold + 100)
    expected = "allow" if 2 * score < start else "review" if 2 * score < end else "block"
    rule = Rule(threshold / 100, Action.BLOCK, Band(below / 100, above / 100))
    assert entry(verdict_of(scores_of(hate=score / 100), policy_of(hate=rule)), "hate").action == expected


@quick
@given(SCORES, POLICIES)
def test_shadow_changes_nothing_but_what_is_enforced(scores: Scores, policy: Policy):
    def with_shadow(shadow: bool) -> Policy:
        rules = {slug: msgspec.structs.replace(r, shadow=shadow) for slug, r in policy.rules[Role.TEXT].items()}
        return policy_of(**rules)

    quiet, loud = verdict_of(scores, with_shadow(True)), verdict_of(scores, with_shadow(False))
    assert (quiet.action, quiet.flagged) == ("allow", False)
    for slug in (*TRAINED, "other"):
        assert entry(quiet, slug).shadow_action == entry(loud, slug).action
        assert entry(quiet, slug).score == entry(loud, slug).score
