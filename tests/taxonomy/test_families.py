"""Policies that extend others: what they inherit, and what several files say of one another."""

from pathlib import Path

import pytest

from taxonomy.categories import Role
from taxonomy.document import DocumentError
from taxonomy.families import policies_in
from taxonomy.files import check, load_policy, native, open_document, shipped_policies
from taxonomy.policy import Action, Band, OnError, OnUnsupported, Override, Policy, Rule

PARENT = """\
kind: policy
name: parent
description: Of all of us.
on_error: open
on_unsupported: block
override: none
defaults: {threshold: 0.5, action: block, review_band: {below: 0.1}}
categories:
  hate: {threshold: 0.4}
roles:
  document:
    hate: {action: flag}
"""
HEAD = "kind: policy\nname: {}\ndescription: One of us.\nextends: {}\n"
CHILD = HEAD.format("child", "parent")


@pytest.fixture
def read(tmp_path: Path, monkeypatch):
    """Return a function that reads policies together, and gives them by file or raises what is wrong with them."""
    monkeypatch.chdir(tmp_path)

    def read(**texts: str) -> dict[str, Policy]:
        for name, text in texts.items():
            Path(f"{name}.yaml").write_text(text, "utf-8")
        documents = [open_document(Path(f"{name}.yaml")) for name in texts]
        found = policies_in(documents, native(), shipped_policies())
        problems = [problem for document in documents for problem in document.problems]
        assert problems == list(check(*(Path(document.file) for document in documents)))
        if problems:
            raise DocumentError(problems)
        return {name: policy for name, policy in zip(texts, found, strict=True) if policy}

    return read


def test_what_is_left_out_is_as_it_is_in_the_parent(read):
    both = read(child=CHILD, parent=PARENT)
    parent, child = both["parent"], both["child"]
    assert (child.name, child.description) == ("child", "One of us.")
    assert (child.on_error, child.on_unsupported) == (OnError.OPEN, OnUnsupported.BLOCK)
    assert child.override is Override.NONE
    assert child.rules == parent.rules
    assert child.digest != parent.digest, "the name is in it"


def test_rules_are_laid_over_the_parents(read):
    rules = read(
        parent=PARENT,
        child=CHILD + "categories: {hate: {threshold: 0.3}}\nroles: {prompt: {threat: {action: review}}}\n",
    )["child"].rules
    band = Band(below=0.1)
    assert rules[Role.TEXT]["hate"] == Rule(0.3, Action.BLOCK, band)
    assert rules[Role.DOCUMENT]["hate"] == Rule(0.3, Action.FLAG, band), "the action in this role is the parent's"
    assert rules[Role.PROMPT]["threat"] == Rule(0.5, Action.REVIEW, band)
    assert rules[Role.RESPONSE]["threat"] == Rule(0.5, Action.BLOCK, band)


def test_defaults_are_laid_over_every_rule_of_the_parent_and_under_the_files_own(read):
    text = CHILD + "defaults: {threshold: 0.7}\ncategories: {threat: {threshold: 0.6}}\n"
    rules = read(parent=PARENT, child=text)["child"].rules
    assert rules[Role.DOCUMENT]["hate"] == Rule(0.7, Action.FLAG, Band(below=0.1))
    assert rules[Role.TEXT]["threat"].threshold == 0.6
    assert {rule.threshold for rule in rules[Role.TEXT].values()} == {0.6, 0.7}


def test_what_a_file_says_itself_is_not_inherited(read):
    text = CHILD + "on_error: closed\non_unsupported: decide\noverride: stricter\n"
    child = read(parent=PARENT, child=text)["child"]
    assert (child.on_error, child.on_unsupported) == (OnError.CLOSED, OnUnsupported.DECIDE)
    assert child.override is Override.STRICTER


def test_evidence_is_for_the_file_it_stands_in(read):
    evidence = "evidence: {objective: max_f1, confidence: 0.95, made: x, data: x, model: x, rules: x, chosen_on: 1, verified_on: 1}\n"  # noqa: E501
    both = read(parent=PARENT + evidence, child=CHILD)
    assert both["parent"].evidence is not None
    assert both["child"].evidence is None


def test_a_grandchild_in_any_order_of_files(read):
    grandchild = HEAD.format("grandchild", "child") + "categories: {threat: {threshold: 0.2}}\n"
    child = CHILD + "categories: {threat: {threshold: 0.3}, malware: {threshold: 0.3}}\n"
    rules = read(a=grandchild, b=child, c=PARENT)["a"].rules[Role.TEXT]
    assert [rules[slug].threshold for slug in ("threat", "malware", "hate")] == [0.2, 0.3, 0.4]


def test_a_file_comes_before_what_ships_under_its_name(read):
    own = PARENT.replace("name: parent", "name: strict")
    child = HEAD.format("child", "strict")
    assert read(own=own, child=child)["child"].rules == read(own=own)["own"].rules
    assert read(child=child)["child"].rules == shipped_policies()["strict"].rules


def test_one_file_by_itself_extends_what_ships_or_what_it_is_given(tmp_path):
    path = tmp_path / "child.yaml"
    path.write_text(HEAD.format("child", "permissive"), "utf-8")
    assert load_policy(path).rules == shipped_policies()["permissive"].rules
    strict = shipped_policies()["strict"]
    assert load_policy(path, parents={"permissive": strict}).rules == strict.rules
    with pytest.raises(DocumentError, match=r"child\.yaml:4: extends: unknown policy 'permissive'$"):
        load_policy(path, parents={})


@pytest.mark.parametrize(
    ("texts", "lines"),
    [
        (
            {"a": HEAD.format("a", "b"), "b": HEAD.format("b", "a")},
            [
                "a.yaml:4: extends: extends in a circle: a -> b -> a",
                "b.yaml:4: extends: extends in a circle: b -> a -> b",
            ],
        ),
        (
            {"a": HEAD.format("a", "b"), "b": HEAD.format("b", "c"), "c": HEAD.format("c", "b")},
            [
                "b.yaml:4: extends: extends in a circle: b -> c -> b",
                "c.yaml:4: extends: extends in a circle: c -> b -> c",
            ],
        ),
        (
            {"child": CHILD, "parent": PARENT.replace("hate: {threshold: 0.4}", "hate: {threshold: 4}")},
            ["parent.yaml:9: categories.hate.threshold: must be a number from 0 to 1, not 4"],
        ),
        (
            {"child": CHILD, "one": PARENT, "two": PARENT},
            ["child.yaml:4: extends: 'parent' is the name of 2 of the files"],
        ),
        (
            {"child": CHILD.replace("extends: parent", "extends: parents"), "parent": PARENT},
            ["child.yaml:4: extends: unknown policy 'parents', did you mean 'parent'?"],
        ),
        (
            {"a": HEAD.format("default", "default")},
            [
                "a.yaml:4: extends: a policy cannot extend itself: give it another name, or write its rules out "
                "without 'extends'"
            ],
        ),
    ],
    ids=["circle", "circle-above", "bad-parent", "two-of-a-name", "unknown", "itself-though-it-ships"],
)
def test_what_cannot_be(read, texts, lines):
    with pytest.raises(DocumentError) as caught:
        read(**texts)
    assert str(caught.value).splitlines() == lines
