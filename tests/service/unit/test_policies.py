"""Which policy a request gets: a snapshot, by name or by default, with thresholds of its own."""

from pathlib import Path

import msgspec
import pytest

from service.configuration.settings import SettingsError
from service.errors import BadRequest
from service.journal.entries import Entry, ShadowSet
from service.journal.fold import fold
from service.journal.standing import Standing
from service.policies.policies import Policies
from service.policies.shadow import Disagreements
from taxonomy.categories import Role
from taxonomy.policy import Action, OnError
from tests.service.journal.written import AUTHOR, key, saved

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
        (
            None,
            {"violent": 0.5},
            "thresholds: unknown category, did you mean 'violence'? GET /v1/taxonomy lists the slugs",
        ),
        (
            None,
            {"unsafe": 0.5},
            "thresholds: unknown category; the rule on the overall score 'unsafe' is that of 'other'; "
            "GET /v1/taxonomy lists the slugs",
        ),
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


class Journal:
    """What a follower shows, without a store."""

    def __init__(self) -> None:
        self.standing = Standing()

    def add(self, *entries: Entry) -> None:
        for each in entries:
            self.standing = fold(self.standing, msgspec.structs.replace(each, revision=self.standing.revision + 1))


def counts_of(policies: Policies, *names: str) -> list[Disagreements]:
    return [counts for name in names if (counts := policies.snapshot.known[name].ruling.disagreements)]


def test_what_was_counted_of_a_candidate_stays_as_long_as_it_is_set(monkeypatch):
    monkeypatch.setattr("service.policies.policies._MOST_COMPARED", 2)
    journal = Journal()
    policies = Policies(journal=journal)
    names = ("strict", "nano", "children")
    for name in names:
        journal.add(saved(name), ShadowSet(name=name, version=1, author=AUTHOR))
    before = counts_of(policies, *names)
    assert len(before) == 3
    journal.add(key(1), saved("mine"), saved("strict", 2))
    assert counts_of(policies, *names) == before
    journal.add(saved("permissive"), ShadowSet(name="permissive", version=1, author=AUTHOR))
    assert counts_of(policies, *names) == before
    # One that has ended is let go of first, where there are too many.
    journal.add(ShadowSet(name="nano", author=AUTHOR))
    assert counts_of(policies, *names) == [before[0], before[2]]
    journal.add(ShadowSet(name="nano", version=1, author=AUTHOR))
    assert counts_of(policies, "nano") != [before[1]]


def test_a_candidate_that_is_set_again_goes_on_from_where_it_was():
    journal = Journal()
    policies = Policies(journal=journal)
    journal.add(saved("strict"), ShadowSet(name="strict", version=1, author=AUTHOR))
    before = counts_of(policies, "strict")
    journal.add(ShadowSet(name="strict", author=AUTHOR))
    assert counts_of(policies, "strict") == []
    journal.add(ShadowSet(name="strict", version=1, author=AUTHOR))
    assert counts_of(policies, "strict") == before
