"""What differs between two policies, said once and in order."""

import msgspec
from hypothesis import given

from taxonomy.categories import Role
from taxonomy.difference import Change, differences
from taxonomy.evidence import Evidence
from taxonomy.policy import Action, Band, OnError, Policy, Rule
from tests.taxonomy.small import BLOCK, policy_of
from tests.taxonomy.test_verdict_properties import POLICIES, quick


@quick
@given(POLICIES)
def test_a_policy_does_not_differ_from_itself(policy: Policy):
    assert differences(policy, policy) == ()
    assert differences(policy, msgspec.structs.replace(policy, name="other")) == ()


def test_a_change_in_every_role_is_said_once():
    after = policy_of(hate=Rule(0.7, Action.BLOCK, Band(below=0.2)))
    assert differences(policy_of(), after) == (
        Change("threshold", 0.5, 0.7, "hate"),
        Change("review_band", Band(below=0.1), Band(below=0.2), "hate"),
    )


def test_a_change_in_some_roles_is_said_for_each():
    after = policy_of({Role.PROMPT: {"threat": Rule(0.5, Action.FLAG, Band(below=0.1), shadow=True)}})
    assert differences(policy_of(), after) == (
        Change("action", Action.BLOCK, Action.FLAG, "threat", Role.PROMPT),
        Change("shadow", False, True, "threat", Role.PROMPT),
    )


def test_equal_changes_from_unequal_rules_are_said_for_each():
    before = policy_of({Role.PROMPT: {"hate": Rule(0.4, Action.BLOCK, BLOCK.review_band)}})
    after = policy_of(hate=Rule(0.7, Action.BLOCK, BLOCK.review_band))
    found = differences(before, after)
    assert {(each.role, each.before, each.after) for each in found} == {
        (role, 0.4 if role is Role.PROMPT else 0.5, 0.7) for role in Role
    }


def test_the_policys_own_fields_come_first():
    evidence = Evidence("max_f1", 0.95, "2026-11-22", "sha256:d", "m", "t", 1, 1)
    after = msgspec.structs.replace(
        policy_of(hate=Rule(0.7, Action.BLOCK, BLOCK.review_band)),
        description="Another.",
        on_error=OnError.OPEN,
        evidence=evidence,
    )
    assert differences(policy_of(), after) == (
        Change("description", "", "Another."),
        Change("on_error", OnError.CLOSED, OnError.OPEN),
        Change("evidence", None, "sha256:d"),
        Change("threshold", 0.5, 0.7, "hate"),
    )


@quick
@given(POLICIES, POLICIES)
def test_made_on_the_first_the_changes_give_the_second(before: Policy, after: Policy):
    rules = {role: dict(each) for role, each in before.rules.items()}
    for change in differences(before, after):
        assert change.slug is not None
        for role in [change.role] if change.role else list(Role):
            assert getattr(rules[role][change.slug], change.field) == change.before
            rules[role][change.slug] = msgspec.structs.replace(rules[role][change.slug], **{change.field: change.after})
    assert rules == after.rules
