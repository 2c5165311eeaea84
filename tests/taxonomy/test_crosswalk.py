"""Crosswalks: scores in the words of others."""

import random
import re

import pytest

from taxonomy.crosswalk import Conjunction, Crosswalk, Quality
from taxonomy.files import native, shipped_crosswalks

SHIPPED = shipped_crosswalks()
EXACT, PARTIAL = Quality.EXACT, Quality.PARTIAL
SMALL = Crosswalk(
    name="small",
    title="Small",
    source="here",
    labels={"Z": "last letter first", "A": "anger", "A/blows": "anger with blows", "Z/child": "part of Z"},
    cells={
        "hate": {"A": EXACT, "Z": PARTIAL},
        "harassment": {"A": EXACT, "Z/child": EXACT},
        "violence": {"Z": EXACT},
    },
    parents={"Z/child": "Z"},
    conjunctions={"A/blows": Conjunction("A", ("violence", "threat"))},
)


def test_a_label_gets_the_greatest_of_its_exact_cells():
    assert SMALL.translate({"hate": 0.2, "harassment": 0.6})["A"] == 0.6
    assert SMALL.translate({"hate": 0.7, "harassment": 0.6})["A"] == 0.7


def test_partial_cells_count_only_when_asked():
    scores = {"hate": 0.8, "violence": 0.3}
    assert SMALL.translate(scores)["Z"] == 0.3
    assert SMALL.translate(scores, partial=True)["Z"] == 0.8


def test_a_child_is_capped_by_its_parent():
    assert SMALL.translate({"harassment": 0.9, "violence": 0.4})["Z/child"] == 0.4
    assert SMALL.translate({"harassment": 0.3, "violence": 0.4})["Z/child"] == 0.3


def test_a_conjunction_needs_its_parent_and_one_companion():
    assert SMALL.translate({"hate": 0.9})["A/blows"] == 0.0
    assert SMALL.translate({"violence": 0.9})["A/blows"] == 0.0
    assert SMALL.translate({"hate": 0.9, "violence": 0.2, "threat": 0.5})["A/blows"] == 0.5
    assert SMALL.translate({"hate": 0.4, "violence": 0.2, "threat": 0.5})["A/blows"] == 0.4


def test_labels_come_in_the_vendors_order_and_without_a_cell_are_zero():
    assert list(SMALL.translate({}).items()) == [("Z", 0.0), ("A", 0.0), ("A/blows", 0.0), ("Z/child", 0.0)]
    everything = dict.fromkeys(native().slugs, 1.0)
    for label in ("S5", "S13", "S14"):
        assert SHIPPED["mlcommons"].translate(everything)[label] == 0.0
    assert SHIPPED["mlcommons"].translate(everything, partial=True)["S5"] == 0.0
    assert SHIPPED["mlcommons"].translate(everything, partial=True)["S13"] == 1.0


def test_unsupported_labels_are_those_without_an_exact_cell():
    assert SMALL.unsupported == ()
    assert SHIPPED["mlcommons"].unsupported == ("S3", "S5", "S9", "S13", "S14")
    assert SHIPPED["openai"].unsupported == ()
    assert SHIPPED["perspective"].unsupported == (
        "SEVERE_TOXICITY", "FLIRTATION", "INCOHERENT", "INFLAMMATORY", "LIKELY_TO_REJECT", "SPAM", "UNSUBSTANTIAL",
    )  # fmt: skip


def test_digests_follow_the_content():
    again = Crosswalk(**{field: getattr(SMALL, field) for field in SMALL.__struct_fields__})
    assert again.digest == SMALL.digest
    parts = {field: getattr(SMALL, field) for field in SMALL.__struct_fields__}
    assert Crosswalk(**(parts | {"parents": {}})).digest != SMALL.digest
    assert len({table.digest for table in SHIPPED.values()}) == len(SHIPPED)


@pytest.mark.parametrize("name", SHIPPED)
def test_each_of_our_slugs_has_a_row(name):
    assert tuple(SHIPPED[name].cells) == native().slugs


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_supported_can_be_scored_and_what_is_not_cannot(name):
    table = SHIPPED[name]
    full = table.translate(dict.fromkeys(native().slugs, 1.0))
    assert {label for label, score in full.items() if score == 0.0} == set(table.unsupported)
    assert set(full.values()) <= {0.0, 1.0}


def test_aegis_has_all_its_codes_and_each_stands_for_one_category():
    table = SHIPPED["aegis"]
    assert list(table.labels) == [f"S{i}" for i in range(1, 24)]
    for slug, cells in table.cells.items():
        assert len(cells) == (0 if slug in native().attacks else 1), slug
    names = {category.slug: category.name for category in native().categories}
    assert {label: names[slug] for slug, cells in table.cells.items() for label in cells} == table.labels
    scores = {slug: i / 100 for i, slug in enumerate(native().slugs)}
    assert table.translate(scores)["S13"] == scores["needs_caution"]
    assert table.translate(scores)["S23"] == scores["immoral_unethical"]


OPENAI = [
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent",
    "self-harm", "self-harm/intent", "self-harm/instructions", "sexual", "sexual/minors",
    "violence", "violence/graphic",
]  # fmt: skip


def test_openai_has_all_thirteen_labels_in_the_order_of_its_reference():
    assert list(SHIPPED["openai"].labels) == OPENAI


@pytest.mark.parametrize("partial", [False, True])
def test_an_openai_child_is_never_above_its_parent(partial):
    dice = random.Random(7)
    children = [label for label in OPENAI if "/" in label]
    below = set()
    for _ in range(500):
        out = SHIPPED["openai"].translate({slug: dice.random() for slug in native().slugs}, partial=partial)
        for child in children:
            parent = re.sub("/.*", "", child)
            assert 0.0 <= out[child] <= out[parent] <= 1.0
            below |= {child} if out[child] < out[parent] else set()
    # The other three children have no score of their own: they repeat their parent's.
    assert below == {"harassment/threatening", "hate/threatening", "illicit/violent", "sexual/minors"}
