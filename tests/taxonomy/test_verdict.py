"""decide(): one rule at a time, then what the categories make of each other."""

import math

import msgspec
import pytest

from taxonomy.categories import Role
from taxonomy.files import native, shipped_policies
from taxonomy.policy import Action, Band, OnUnsupported, Rule
from taxonomy.verdict import Scores, decide
from tests.taxonomy.small import BLOCK, TAXONOMY, entry, policy_of, scores_of, verdict_of

ALLOW, FLAG, REVIEW = Action.ALLOW, Action.FLAG, Action.REVIEW


def action_at(score: float, rule: Rule) -> Action:
    return entry(verdict_of(scores_of(hate=score), policy_of(hate=rule)), "hate").action


@pytest.mark.parametrize("action", Action)
def test_without_a_band_the_action_begins_at_the_threshold(action):
    rule = Rule(0.5, action)
    assert action_at(math.nextafter(0.5, 0), rule) is ALLOW
    assert action_at(0.5, rule) is action
    assert action_at(1.0, rule) is action


@pytest.mark.parametrize(
    ("score", "expected"),
    [(0.0, "allow"), (0.399, "allow"), (0.4, "review"), (0.499, "review"), (0.5, "review"), (0.699, "review"),
     (0.7, "block"), (1.0, "block")],
)  # fmt: skip
def test_a_band_begins_at_its_lower_end_and_stops_before_its_upper_end(score, expected):
    assert action_at(score, Rule(0.5, Action.BLOCK, Band(below=0.1, above=0.2))) == expected


@pytest.mark.parametrize(
    ("threshold", "band", "edge", "at", "under"),
    [
        (0.8, Band(below=0.1), 0.7, "review", "allow"),  # 0.8 - 0.1 is 0.7000000000000001 in floats
        (0.3, Band(below=0.1), 0.2, "review", "allow"),  # 0.3 - 0.1 is 0.19999999999999998
        (0.7, Band(above=0.1), 0.8, "block", "review"),  # 0.7 + 0.1 is 0.7999999999999999
        (0.1, Band(above=0.2), 0.3, "block", "review"),  # 0.1 + 0.2 is 0.30000000000000004
    ],
)
def test_a_bands_ends_are_the_decimals_that_were_written(threshold, band, edge, at, under):
    rule = Rule(threshold, Action.BLOCK, band)
    assert action_at(edge, rule) == at
    assert action_at(math.nextafter(edge, 0), rule) == under


def test_a_low_threshold_does_not_send_everything_to_review():
    rule = Rule(0.08, Action.BLOCK, Band(below=0.1))
    assert [action_at(score, rule) for score in (0.0, 0.039, 0.04, 0.08)] == ["allow", "allow", "review", "block"]


def test_a_high_threshold_still_lets_its_action_apply():
    rule = Rule(0.96, Action.BLOCK, Band(above=0.1))
    assert [action_at(score, rule) for score in (0.95, 0.96, 0.979, 0.98, 1.0)] == [
        "allow", "review", "review", "block", "block",
    ]  # fmt: skip


def test_the_ends_of_the_range_are_thresholds_like_others():
    band = Band(below=0.1, above=0.1)
    assert action_at(0.0, Rule(0.0, Action.BLOCK)) == "block"
    assert [action_at(score, Rule(1.0, Action.BLOCK, band)) for score in (0.89, 0.9, 1.0)] == [
        "allow",
        "review",
        "block",
    ]


@pytest.mark.parametrize("action", [ALLOW, FLAG])
def test_what_is_milder_than_review_has_no_band(action):
    rule = Rule(0.5, action, Band(below=0.2, above=0.2))
    assert [action_at(score, rule) for score in (0.4, 0.5, 0.6)] == [ALLOW, action, action]
    verdict = verdict_of(scores_of(hate=0.45), policy_of(hate=rule))
    assert entry(verdict, "needs_caution").action is ALLOW


def test_a_rule_that_reviews_has_a_band_like_one_that_blocks():
    rule = Rule(0.5, REVIEW, Band(below=0.1))
    assert [action_at(score, rule) for score in (0.39, 0.4, 0.5)] == [ALLOW, REVIEW, REVIEW]
    caution = entry(verdict_of(scores_of(hate=0.45), policy_of(hate=rule)), "needs_caution")
    assert (caution.score, caution.action) == (0.45, REVIEW)


def test_a_shadow_rule_says_what_it_would_have_done_and_does_nothing():
    shadow = msgspec.structs.replace(BLOCK, shadow=True)
    for score, would in ((0.2, "allow"), (0.45, "review"), (0.9, "block")):
        verdict = verdict_of(scores_of(hate=score), policy_of(hate=shadow))
        hate = entry(verdict, "hate")
        assert (hate.action, hate.flagged, hate.shadow_action, hate.score) == ("allow", False, would, score)
        assert (verdict.action, verdict.flagged) == ("allow", False)
        assert entry(verdict, "needs_caution").score == 0.0
    assert entry(verdict, "threat").shadow_action is None


@pytest.mark.parametrize(("action", "flagged"), [("allow", False), ("flag", True), ("review", False), ("block", True)])
def test_flag_and_block_are_what_flags(action, flagged):
    verdict = verdict_of(scores_of(threat=0.9), policy_of(threat=Rule(0.5, Action(action))))
    assert (verdict.action, verdict.flagged, entry(verdict, "threat").flagged) == (action, flagged, flagged)


def test_the_gravest_action_wins_and_flagged_is_kept_beside_it():
    policy = policy_of(hate=Rule(0.5, FLAG), threat=Rule(0.5, REVIEW))
    both = verdict_of(scores_of(hate=0.9, threat=0.9), policy)
    assert (both.action, both.flagged) == ("review", True)
    assert verdict_of(scores_of(hate=0.9, threat=0.9, malware=0.9), policy).action == "block"


def test_an_entry_carries_its_score_and_threshold():
    verdict = verdict_of(scores_of(hate=0.3), policy_of(hate=Rule(0.25, FLAG)))
    assert msgspec.to_builtins(entry(verdict, "hate")) == {
        "slug": "hate", "score": 0.3, "threshold": 0.25, "flagged": True, "action": "flag",
    }  # fmt: skip


# other


def test_other_speaks_when_no_hazard_reaches_its_threshold():
    verdict = verdict_of(scores_of(unsafe=0.9, hate=0.49), policy_of())
    assert (entry(verdict, "other").score, entry(verdict, "other").action) == (0.9, "block")


@pytest.mark.parametrize("rule", [BLOCK, Rule(0.5, ALLOW), Rule(0.5, Action.BLOCK, shadow=True)])
def test_other_is_silent_when_a_hazard_is_named_whatever_its_rule_says(rule):
    verdict = verdict_of(scores_of(unsafe=0.9, hate=0.5), policy_of(hate=rule))
    assert (entry(verdict, "other").score, entry(verdict, "other").action) == (0.0, "allow")


def test_an_attack_names_no_hazard():
    verdict = verdict_of(scores_of(unsafe=0.9, jailbreak=0.9), policy_of(jailbreak=Rule(0.5, FLAG)))
    assert entry(verdict, "other").score == 0.9


def test_the_overall_attack_score_decides_nothing():
    assert verdict_of(scores_of(attack=1.0), policy_of()) == verdict_of(scores_of(), policy_of())


# needs_caution


def test_needs_caution_shows_the_highest_score_in_a_band_and_where_its_band_begins():
    policy = policy_of(threat=Rule(0.8, Action.BLOCK, Band(below=0.2)))
    caution = entry(verdict_of(scores_of(hate=0.45, threat=0.7), policy), "needs_caution")
    assert (caution.score, caution.threshold, caution.action, caution.flagged) == (0.7, 0.6, "review", False)


def test_needs_caution_counts_the_band_above_and_the_category_other():
    policy = policy_of(hate=Rule(0.5, Action.BLOCK, Band(above=0.1)))
    assert entry(verdict_of(scores_of(hate=0.55), policy), "needs_caution").score == 0.55
    assert entry(verdict_of(scores_of(unsafe=0.45), policy), "needs_caution").score == 0.45


@pytest.mark.parametrize(("score", "doubt"), [(math.nextafter(0.4, 0), 0.0), (0.4, 0.4), (0.5, 0.0)])
def test_needs_caution_speaks_exactly_where_a_band_does(score, doubt):
    assert entry(verdict_of(scores_of(hate=score), policy_of()), "needs_caution").score == doubt


def test_a_review_that_is_the_rules_own_action_is_no_doubt():
    verdict = verdict_of(scores_of(hate=0.9), policy_of(hate=Rule(0.5, REVIEW, Band(below=0.1))))
    assert (verdict.action, entry(verdict, "needs_caution").score) == ("review", 0.0)


def test_without_doubt_needs_caution_shows_where_the_lowest_enforced_band_begins():
    policy = policy_of(
        hate=Rule(0.2, Action.BLOCK, Band(below=0.1), shadow=True),
        threat=Rule(0.1, Action.BLOCK),
        malware=Rule(0.3, FLAG, Band(below=0.1)),
    )
    caution = entry(verdict_of(scores_of(), policy), "needs_caution")
    assert (caution.score, caution.threshold, caution.action) == (0.0, 0.4, "allow")


def test_a_policy_without_bands_never_asks_for_caution():
    policy = policy_of(**dict.fromkeys(("hate", "threat", "malware", "other", "jailbreak"), Rule(0.5, Action.BLOCK)))
    caution = entry(verdict_of(scores_of(hate=0.49), policy), "needs_caution")
    assert (caution.score, caution.threshold, caution.action) == (0.0, 1.0, "allow")


# roles, order, refusals


def test_a_role_has_its_own_rules():
    policy = policy_of({Role.DOCUMENT: {"jailbreak": Rule(0.5, ALLOW)}})
    scores = scores_of(jailbreak=0.9)
    assert {role: verdict_of(scores, policy, role).action for role in Role} == {
        "prompt": "block", "response": "block", "document": "allow", "text": "block",
    }  # fmt: skip


def test_every_category_is_present_in_taxonomy_order():
    verdict = verdict_of(scores_of(hate=0.1, threat=0.2, malware=0.3, jailbreak=0.25), policy_of())
    assert tuple(each.slug for each in verdict.categories) == TAXONOMY.slugs
    assert [each.score for each in verdict.categories] == [0.1, 0.0, 0.2, 0.3, 0.0, 0.25]


def test_the_native_taxonomy_is_used_when_none_is_given():
    scores = Scores((0.0,) * len(native().trained), 0.0, 0.0)
    verdict = decide(scores, shipped_policies()["default"], Role.PROMPT)
    assert tuple(each.slug for each in verdict.categories) == native().slugs


@pytest.mark.parametrize("count", [0, 3, 5])
def test_another_number_of_scores_is_refused(count):
    with pytest.raises(ValueError, match=f"{count} scores for 4 categories"):
        verdict_of(Scores((0.0,) * count, 0.0, 0.0), policy_of())


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf, -0.001, 1.001])
def test_what_is_no_probability_is_refused(score):
    for name, scores in (
        ("threat", scores_of(threat=score)),
        ("other", scores_of(unsafe=score)),
        ("attack", scores_of(attack=score)),
    ):
        with pytest.raises(ValueError, match=f"the score of '{name}' is {score}"):
            verdict_of(scores, policy_of())


@pytest.mark.parametrize(
    ("on_unsupported", "score", "action", "flagged"),
    [
        (OnUnsupported.DECIDE, 0.1, "allow", False),
        (OnUnsupported.REVIEW, 0.1, "review", False),
        (OnUnsupported.BLOCK, 0.1, "block", True),
        (OnUnsupported.DECIDE, 0.9, "block", True),
        (OnUnsupported.REVIEW, 0.9, "block", True),
        (OnUnsupported.BLOCK, 0.9, "block", True),
    ],
)
def test_a_language_nobody_learned_gets_at_least_what_the_policy_says(on_unsupported, score, action, flagged):
    policy = msgspec.structs.replace(policy_of(hate=BLOCK), on_unsupported=on_unsupported)
    found = decide(scores_of(hate=score), policy, Role.TEXT, TAXONOMY, supported=False)
    assert (found.action, found.flagged) == (action, flagged)
    learned = decide(scores_of(hate=score), policy, Role.TEXT, TAXONOMY)
    assert learned.action == ("block" if score > 0.5 else "allow")
    assert learned.categories == found.categories
