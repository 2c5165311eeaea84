"""Which policy a request gets: a snapshot, by name or by default, with thresholds of its own."""

from pathlib import Path

import pytest

from service.configuration.settings import SettingsError
from service.errors import BadRequest
from service.policies.policies import Policies
from taxonomy.categories import Role
from taxonomy.policy import Action, OnError

SHIPPED = ["children", "default", "nano", "permissive", "strict"]
OWN = """\
kind: policy
name: {name}
description: One of mine.
on_error: open
defaults: {{threshold: 0.25, action: flag}}
"""


@pytest.fixture
def policies() -> Policies:
    return Policies("default")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "own.yaml"
    path.write_text(OWN.format(name="mine"), "utf-8")
    return path


def thresholds_of(policy, slug: str) -> set[float]:
    return {policy.rules[role][slug].threshold for role in Role}


def test_the_shipped_policies_can_be_named(policies):
    assert sorted(policies.snapshot.known) == SHIPPED
    for name in SHIPPED:
        assert policies.resolve(name, {}).policy.name == name


@pytest.mark.parametrize("name", SHIPPED)
def test_any_shipped_policy_can_be_the_default(name):
    assert Policies(name).resolve(None, {}).policy.name == name


def test_without_thresholds_the_snapshot_is_the_policy_itself(policies):
    assert policies.resolve(None, {}).policy is policies.default
    assert policies.resolve("strict", {}) is policies.snapshot.known["strict"].ruling


def test_a_file_is_the_default_beside_the_shipped_ones(own):
    policies = Policies(str(own))
    assert sorted(policies.snapshot.known) == sorted([*SHIPPED, "mine"])
    assert policies.resolve(None, {}) is policies.resolve("mine", {})
    assert policies.default.on_error is OnError.OPEN
    assert policies.default.rules[Role.TEXT]["hate"].action is Action.FLAG


def test_a_file_may_replace_a_shipped_policy(own):
    own.write_text(OWN.format(name="strict"), "utf-8")
    policies = Policies(str(own))
    assert sorted(policies.snapshot.known) == SHIPPED
    assert policies.resolve("strict", {}).policy is policies.default
    assert thresholds_of(policies.default, "hate") == {0.25}


@pytest.mark.parametrize("path", ["nowhere", "/nowhere/policy.yaml", ".", "/", "x" * 5000, "Default"])
def test_what_is_no_policy_stops_the_start(path):
    with pytest.raises(SettingsError) as caught:
        Policies(path)
    assert str(caught.value) == (
        "TIDEGATE_POLICY must be one of children, default, nano, permissive, strict, or the path of a policy file"
    )


def test_a_file_with_mistakes_stops_the_start_with_its_lines(own):
    own.write_text(OWN.format(name="mine").replace("0.25", "2.5"), "utf-8")
    with pytest.raises(SettingsError) as caught:
        Policies(str(own))
    first, *rest = str(caught.value).splitlines()
    assert first == "TIDEGATE_POLICY cannot be used:"
    assert len(rest) == 1
    assert f"{own}:5" in rest[0]


def test_thresholds_of_a_request_hold_in_every_role_and_for_it_alone(policies):
    before, hate = policies.default.digest, thresholds_of(policies.default, "hate")
    asked = policies.resolve(None, {"hate": 0.9, "other": 0.1}).policy
    assert thresholds_of(asked, "hate") == {0.9}
    assert thresholds_of(asked, "other") == {0.1}
    assert thresholds_of(asked, "threat") == thresholds_of(policies.default, "threat")
    assert asked.name == "default"
    assert asked.digest != before == policies.default.digest
    assert thresholds_of(policies.resolve(None, {}).policy, "hate") == hate != {0.9}


@pytest.mark.parametrize(
    ("name", "thresholds", "message"),
    [
        ("SECRET", {}, "policy: unknown policy; known are children, default, nano, permissive, strict"),
        ("", {}, "policy: unknown policy; known are children, default, nano, permissive, strict"),
        (None, {"SECRET": 0.5}, "thresholds: unknown category; GET /v1/taxonomy lists the slugs"),
        (None, {"hate": 0.5, "SECRET": 0.5}, "thresholds: unknown category; GET /v1/taxonomy lists the slugs"),
        (None, {"unsafe": 0.5}, "thresholds: unknown category; GET /v1/taxonomy lists the slugs"),
        (
            None,
            {"needs_caution": 0.5},
            "thresholds: needs_caution has no threshold of its own: it comes from the review bands",
        ),
    ],
)
def test_what_cannot_be_resolved_is_refused_without_repeating_it(policies, name, thresholds, message):
    with pytest.raises(BadRequest) as caught:
        policies.resolve(name, thresholds)
    assert str(caught.value) == message
    assert caught.value.field == message.split(":")[0]
