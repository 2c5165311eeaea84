"""Reading: what is accepted, what the loaders raise, and that no text at all makes the reader crash."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taxonomy.document import DocumentError, parse
from taxonomy.files import DATA, check, load_crosswalk, load_policy, load_taxonomy
from taxonomy.wording import dotted, suggestion

POLICY = """\
kind: policy
name: mine
description: A policy without a mistake.
on_error: closed
defaults: {threshold: 0.5, action: block}
"""


def test_a_good_file_has_no_problems(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(POLICY, "utf-8")
    assert check(path) == ()
    assert load_policy(path).name == "mine"


def test_a_byte_order_mark_is_no_mistake(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(POLICY, "utf-8-sig")
    assert check(path) == ()


@pytest.mark.parametrize(
    ("load", "file", "message"),
    [
        (load_policy, "taxonomy.yaml", "kind: must be policy, not 'taxonomy'"),
        (load_crosswalk, "policies/default.yaml", "kind: must be crosswalk, not 'policy'"),
        (load_taxonomy, "crosswalks/azure.yaml", "kind: must be taxonomy, not 'crosswalk'"),
    ],
)
def test_a_loader_refuses_another_kind_of_file(load, file, message):
    with pytest.raises(DocumentError) as caught:
        load(DATA / file)
    assert message in {f"{problem.path}: {problem.message}" for problem in caught.value.problems}


def test_the_loaders_raise_what_check_returns(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(POLICY + "categories: {hat: {threshold: 2}}\non_error: open\n", "utf-8")
    with pytest.raises(DocumentError) as caught:
        load_policy(path)
    assert caught.value.problems == check(path)
    assert len(caught.value.problems) == 3
    assert str(caught.value).splitlines() == [str(problem) for problem in check(path)]


def test_a_policy_is_checked_against_the_taxonomy_it_is_loaded_with(tmp_path):
    own = tmp_path / "taxonomy.yaml"
    rows = "".join(
        f"- {{slug: {slug}, name: n, group: {group}, definition: d, excludes: e}}\n"
        for slug, group in (("spoilers", "core"), ("needs_caution", "fallback"), ("other", "fallback"))
    )
    own.write_text(f"kind: taxonomy\nversion: own\ncategories:\n{rows}", "utf-8")
    policy = tmp_path / "mine.yaml"
    policy.write_text(POLICY + "categories: {spoilers: {threshold: 0.3}}\n", "utf-8")
    rules = load_policy(policy, load_taxonomy(own)).rules["text"]
    assert {slug: rule.threshold for slug, rule in rules.items()} == {"spoilers": 0.3, "other": 0.5}
    assert [problem.path for problem in check(policy)] == ["categories.spoilers"]


def test_values_are_read_as_yaml_reads_them_but_dates_stay_text():
    text = "{a: 1, b: 0.5, c: yes, d: ~, e: 2024-01-31, f: 0x_, g: '1', 5: five, h: [1, {i: x}]}"
    document = parse(text, "f")
    assert document.problems == []
    assert document.data == {
        "a": 1, "b": 0.5, "c": True, "d": None, "e": "2024-01-31", "f": "0x_", "g": "1", "5": "five",
        "h": [1, {"i": "x"}],
    }  # fmt: skip


def test_characters_that_are_written_in_two_halves_are_whole_as_in_json():
    document = parse(r'{"\ud83d\ude00": "a \ud83d\ude00 \ufeff\U0001f600"}', "x.yaml")
    assert (document.data, document.problems) == ({"\U0001f600": "a \U0001f600 \ufeff\U0001f600"}, [])


def test_every_place_knows_its_line():
    document = parse("a:\n  b: 1\n\n  c:\n  - x\n  - d: 2\n", "f")
    lines = {dotted(place): line for place, line in document.lines.items()}
    assert lines == {"": 1, "a": 1, "a.b": 2, "a.c": 4, "a.c[0]": 5, "a.c[1]": 6, "a.c[1].d": 6}


def test_a_problem_without_a_line_of_its_own_stands_at_its_parents():
    document = parse("a:\n  b: 1\n", "f")
    document.report(("a", "c", "d"), "is missing")
    assert [str(problem) for problem in document.problems] == ["f:1: a.c.d: is missing"]


FRAGMENTS = st.sampled_from(
    ["kind: policy\n", "kind: crosswalk\n", "kind: taxonomy\n", "roles:\n  prompt: {hate: {action: flag}}\n",
     "categories:", "defaults: {threshold: .nan}\n", "labels: {}\n", "cells: {hate: {A: exact}}\n", "&a ", "*a",
     "!!int ", "? ", ": ", "- ", "{", "}", "[", "]", "\n", "  ", "=", "<<", "\t", "---\n", "...\n", "%TAG", "'", '"',
     "|", "0b_", "#", "1:2"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(FRAGMENTS | st.text(max_size=8), max_size=12).map("".join))
def test_no_text_crashes_the_reader_and_each_problem_is_one_line(tmp_path_factory, text):
    path: Path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text(text, "utf-8", errors="replace", newline="")
    problems = check(path)
    assert problems, "nothing that is made of these fragments is a whole file"
    for problem in problems:
        assert str(problem).isprintable()
        assert 1 <= problem.line <= len(text.splitlines()) + 1


@pytest.mark.parametrize(("letters", "near"), [(60, f", did you mean '{'a' * 60}b'?"), (61, "")])
def test_nothing_is_looked_for_near_a_word_that_is_longer_than_any(letters, near):
    assert suggestion("a" * letters, ["a" * 60 + "b"]) == near
