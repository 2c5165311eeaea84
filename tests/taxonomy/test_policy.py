"""Policies: how gaps are filled, thresholds changed and digests told apart."""

import math
from pathlib import Path

import msgspec
import pytest

from taxonomy.categories import Role
from taxonomy.evidence import Evidence
from taxonomy.files import load_policy, native, shipped_policies
from taxonomy.policy import Action, Band, Override, Policy, Rule, ThresholdOutOfRange, UnknownCategory, decided_slugs

HEAD = "kind: policy\nname: mine\ndescription: Mine.\non_error: closed\n"
WHOLE = (
    HEAD
    + """\
defaults: {threshold: 0.5, action: block, review_band: {below: 0.1}}
categories:
  hate: {threshold: 0.4}
  threat: {action: flag, review_band: {above: 0.2}}
roles:
  document:
    hate: {action: flag}
    malware: {shadow: true}
"""
)


@pytest.fixture
def load(tmp_path: Path):
    def load(text: str) -> Policy:
        path = tmp_path / "policy.yaml"
        path.write_text(text, "utf-8")
        return load_policy(path)

    return load


def test_categories_are_laid_over_defaults_and_roles_over_both(load):
    rules = load(WHOLE).rules
    band = Band(below=0.1)
    for role in (Role.PROMPT, Role.RESPONSE, Role.TEXT):
        assert rules[role]["hate"] == Rule(0.4, Action.BLOCK, band)
        assert rules[role]["malware"] == Rule(0.5, Action.BLOCK, band)
    assert rules[Role.DOCUMENT]["hate"] == Rule(0.4, Action.FLAG, band)
    assert rules[Role.DOCUMENT]["malware"] == Rule(0.5, Action.BLOCK, band, shadow=True)


def test_a_band_is_replaced_whole(load):
    assert load(WHOLE).rules[Role.TEXT]["threat"] == Rule(0.5, Action.FLAG, Band(below=0.0, above=0.2))


def test_every_role_has_a_rule_for_every_category_but_needs_caution(load):
    rules = load(WHOLE).rules
    assert list(rules) == list(Role)
    for role in Role:
        assert tuple(rules[role]) == tuple(slug for slug in native().slugs if slug != "needs_caution")
    assert "other" in decided_slugs(native())


def test_with_thresholds_changes_every_role_and_nothing_else(load):
    before = load(WHOLE)
    after = before.with_thresholds({"hate": 0.7, "other": 0.9})
    for role in Role:
        for slug, rule in before.rules[role].items():
            expected = {"hate": 0.7, "other": 0.9}.get(slug, rule.threshold)
            assert after.rules[role][slug] == msgspec.structs.replace(rule, threshold=expected)
    assert before == load(WHOLE), "the policy it was called on is as it was"
    assert (after.name, after.description, after.on_error) == (before.name, before.description, before.on_error)


def test_bands_move_along_with_a_threshold(load):
    assert load(WHOLE).with_thresholds({"hate": 0.8}).rules[Role.TEXT]["hate"].reviewed == (0.7, 0.8)


def test_no_thresholds_are_no_change(load):
    assert load(WHOLE).with_thresholds({}) == load(WHOLE)


@pytest.mark.parametrize("threshold", [math.nan, math.inf, -math.inf, -0.01, 1.01, 50])
def test_a_threshold_out_of_range_is_refused_by_name(load, threshold):
    with pytest.raises(ThresholdOutOfRange) as caught:
        load(WHOLE).with_thresholds({"hate": 0.5, "malware": threshold})
    assert isinstance(caught.value, ValueError)
    assert caught.value.slug == "malware"
    assert str(caught.value) == f"the threshold of 'malware' must be a number from 0 to 1, not {threshold}"


@pytest.mark.parametrize("threshold", [0, 1, 0.0, 1.0])
def test_the_ends_of_the_range_are_allowed(load, threshold):
    assert load(WHOLE).with_thresholds({"hate": threshold}).rules[Role.TEXT]["hate"].threshold == threshold


@pytest.mark.parametrize(
    ("slug", "message"),
    [
        ("harrassment", "unknown category 'harrassment', did you mean 'harassment'?"),
        ("S5", "unknown category 'S5'"),
        ("needs_caution", "unknown category 'needs_caution'"),
        ("a\nb", r"unknown category 'a\nb'"),
        ("x" * 100_000, "unknown category '" + "x" * 59 + "…'"),
    ],
)
def test_an_unknown_category_is_named_on_one_short_line(load, slug, message):
    with pytest.raises(UnknownCategory) as caught:
        load(WHOLE).with_thresholds({slug: 0.5})
    assert (caught.value.slug, str(caught.value)) == (slug, message)


def test_equal_content_has_an_equal_digest_however_it_is_written(load):
    rewritten = """\
# The same policy: other order, other style, gaps filled by hand.
roles:
  document: {malware: {shadow: yes}, hate: {action: flag}}
  prompt: {}
categories:
  threat:
    review_band: {above: 0.20, below: 0}
    action: flag
  hate: {threshold: 0.40, action: block}
defaults: {review_band: {below: 0.1}, action: block, threshold: 0.5}  # a comment
on_error: closed
description: Mine.
name: mine
kind: policy
"""
    assert load(rewritten).digest == load(WHOLE).digest
    assert load(WHOLE).digest.startswith("sha256:")
    assert len(load(WHOLE).digest) == len("sha256:") + 64


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("name: mine", "name: yours"),
        ("Mine.", "Yours."),
        ("on_error: closed", "on_error: open"),
        ("threshold: 0.5", "threshold: 0.51"),
        ("threshold: 0.4", "threshold: 0.41"),
        ("below: 0.1", "below: 0.11"),
        ("above: 0.2", "above: 0.21"),
        ("action: block", "action: review"),
        ("malware", "fraud_deception"),
        ("shadow: true", "shadow: false"),
        ("document:", "response:"),
    ],
)
def test_any_change_is_another_digest(load, old, new):
    assert old in WHOLE
    assert load(WHOLE.replace(old, new)).digest != load(WHOLE).digest


def test_changed_thresholds_are_another_digest_and_the_way_back_is_the_first(load):
    policy = load(WHOLE)
    first = policy.digest  # kept with the policy: the copy must not inherit it
    changed = policy.with_thresholds({"hate": 0.9})
    assert changed.digest != first
    assert changed.with_thresholds({"hate": 0.4}).digest == first


def test_whole_numbers_and_floats_are_one_threshold_to_the_digest(load):
    policy = load(WHOLE)
    assert policy.with_thresholds({"hate": 1}).digest == policy.with_thresholds({"hate": 1.0}).digest


def test_the_shipped_policies_have_different_digests():
    digests = [policy.digest for policy in shipped_policies().values()]
    assert len(set(digests)) == len(digests)


def test_the_shipped_policies_decide_as_they_did_at_the_first_release():
    # What is logged and cached by a digest stays comparable: new fields of a policy must not move it.
    assert {name: policy.digest for name, policy in shipped_policies().items()} == {
        "children": "sha256:7c75a9e68d92d46a3b5f314b49ec262b4f0240e2ed0d14fe680689d1c6162cdf",
        "default": "sha256:d54226df8e39df0bfc1db2703e0be5b6045dbe9cedb3862d30189f969e1c99c1",
        "nano": "sha256:2bc5b622c288269afc281e1592d81299fbbb882ba29d620289e1b9adab7c1417",
        "permissive": "sha256:62592b2b5612e8b988a5b6c39ebe512c098deabdcc2efaac3f219fab549b0f80",
        "strict": "sha256:d8c03c080b007a1c2788d5ceded284e98007a2c7ba84222cab0583454d7fe8e5",
    }


def test_neither_override_nor_evidence_is_in_the_digest(load):
    evidence = Evidence("max_f1", 0.95, "2026-11-22", "d", "m", "t", 1, 1)
    changed = msgspec.structs.replace(load(WHOLE), override=Override.NONE, evidence=evidence)
    assert changed.digest == load(WHOLE).digest


def test_evidence_stands_while_the_thresholds_do(load):
    policy = load(WHOLE)
    assert not policy.proven
    evidence = Evidence("max_f1", 0.95, "2026-11-22", "d", "m", policy.rules_digest, 1, 1)
    tuned = msgspec.structs.replace(policy, evidence=evidence)
    assert tuned.proven
    assert msgspec.structs.replace(tuned, description="Another.").proven
    moved = tuned.with_thresholds({"hate": 0.41})
    assert not moved.proven
    assert moved.with_thresholds({"hate": 0.4}).proven


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("threshold: 0.4", "threshold: 0.41"),
        ("threshold: 0.4", "threshold: 0.4, action: review"),
        ("threshold: 0.4", "threshold: 0.4, review_band: {above: 0.1}"),
        ("shadow: true", "shadow: false"),
        ("defaults:", "on_unsupported: block\ndefaults:"),
    ],
)
def test_evidence_falls_with_whatever_moves_a_verdict(load, old, new):
    policy = load(WHOLE)
    assert old in WHOLE
    assert load(WHOLE.replace(old, new)).rules_digest != policy.rules_digest
