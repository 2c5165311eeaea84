"""Thresholds of a request's own: what a policy allows, and that stricter ones let nothing through."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxonomy.categories import Role
from taxonomy.override import OverrideRefused, bounded
from taxonomy.policy import Action, Override, Policy, Rule, ThresholdOutOfRange, UnknownCategory
from taxonomy.verdict import Scores
from tests.taxonomy.small import BLOCK, TRAINED, entry, policy_of, scores_of, verdict_of
from tests.taxonomy.test_verdict_properties import POLICIES, SCORES, SHARES, quick

FLAG = Rule(0.5, Action.FLAG)


def allowing(override: Override, policy: Policy) -> Policy:
    return msgspec.structs.replace(policy, override=override)


def test_none_allows_no_threshold_not_even_its_own():
    policy = allowing(Override.NONE, policy_of())
    assert bounded(policy, {}) is policy
    with pytest.raises(OverrideRefused, match=r"^the policy test allows no other thresholds$") as caught:
        bounded(policy, {"hate": 0.5})
    assert caught.value.slug is None


def test_any_allows_what_with_thresholds_does():
    policy = policy_of()
    assert policy.override is Override.ANY
    assert bounded(policy, {"hate": 0.9, "threat": 0.1}) == policy.with_thresholds({"hate": 0.9, "threat": 0.1})


def test_stricter_refuses_a_threshold_above_that_of_any_role():
    policy = allowing(Override.STRICTER, policy_of({Role.DOCUMENT: {"hate": Rule(0.3, Action.FLAG)}}))
    for allowed in (0.3, 0.2, 0.0):
        assert bounded(policy, {"hate": allowed}).rules[Role.TEXT]["hate"].threshold == allowed
    with pytest.raises(OverrideRefused) as caught:
        bounded(policy, {"threat": 0.4, "hate": 0.31})
    assert caught.value.slug == "hate"
    assert str(caught.value) == "the policy test allows lower thresholds only, and that of 'hate' is higher"


@pytest.mark.parametrize("override", [Override.STRICTER, Override.ANY])
def test_what_is_no_threshold_is_refused_as_such(override):
    policy = allowing(override, policy_of())
    with pytest.raises(UnknownCategory):
        bounded(policy, {"hat": 0.1})
    for wrong in (math.nan, -0.1, 1.1):
        with pytest.raises(ThresholdOutOfRange):
            bounded(policy, {"hate": wrong})


def test_without_the_floor_a_lower_threshold_would_let_a_text_through():
    # At 0.5 no hazard reaches its threshold, so `other` carries `unsafe` and blocks. At 0.2 hate reaches its own,
    # which only flags, and `other` scores nothing.
    policy = allowing(Override.STRICTER, policy_of(hate=FLAG, other=BLOCK))
    scores = scores_of(unsafe=0.9, hate=0.3)
    assert verdict_of(scores, policy).action == "block"
    assert verdict_of(scores, policy.with_thresholds({"hate": 0.2})).action == "flag"
    stricter = bounded(policy, {"hate": 0.2})
    verdict = verdict_of(scores, stricter)
    assert (verdict.action, verdict.flagged) == ("block", True)
    assert entry(verdict, "hate").action == "flag"
    assert entry(verdict, "other").score == 0


def test_the_floor_flags_where_the_policy_does():
    # `review` is graver than `flag` and does not flag.
    policy = allowing(Override.STRICTER, policy_of(hate=Rule(0.5, Action.REVIEW), other=FLAG))
    scores = scores_of(unsafe=0.9, hate=0.3)
    verdict = verdict_of(scores, bounded(policy, {"hate": 0.2}))
    assert (verdict.action, verdict.flagged) == ("review", True)


def test_the_floor_is_in_the_digest():
    policy = policy_of()
    stricter = bounded(allowing(Override.STRICTER, policy), {"hate": 0.2})
    assert stricter.digest != policy.with_thresholds({"hate": 0.2}).digest
    other = bounded(
        allowing(Override.STRICTER, policy_of(threat=Rule(0.4, Action.BLOCK))), {"hate": 0.2, "threat": 0.3}
    )
    same = bounded(allowing(Override.STRICTER, policy), {"hate": 0.2, "threat": 0.3})
    assert stricter.digest != same.digest != other.digest


@quick
@given(SCORES, POLICIES, st.dictionaries(st.sampled_from((*TRAINED, "other")), SHARES))
def test_stricter_thresholds_never_make_a_verdict_milder(scores: Scores, policy: Policy, wanted: dict[str, float]):
    policy = allowing(Override.STRICTER, policy)
    own = policy.rules[Role.TEXT]
    lower = {slug: min(threshold, own[slug].threshold) for slug, threshold in wanted.items()}
    before, after = verdict_of(scores, policy), verdict_of(scores, bounded(policy, lower))
    assert after.action.gravity >= before.action.gravity
    assert after.flagged or not before.flagged
