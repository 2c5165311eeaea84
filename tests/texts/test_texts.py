"""What was written and annotated for this project: its shape, its balance, and that nothing is there twice."""

import gzip
import re
from collections import Counter, defaultdict
from pathlib import Path

import msgspec
import pytest

from models.training.corpus.sources import Annotation
from models.training.corpus.written import SLUGS, TEXTS, Written, read_batch

BATCHES = sorted((TEXTS / "written").glob("*.jsonl.gz"))
ALL_BATCHES = [*BATCHES, *sorted((TEXTS / "test").glob("*.jsonl.gz"))]
ANNOTATIONS = sorted((TEXTS / "annotations").glob("*.jsonl.gz"))
# What may hold in a text that nobody wants stopped: manners, attacks with nothing in them, and doubt.
HARMLESS_LABELS = {"profanity", "jailbreak", "prompt_injection", "unauthorized_advice", "immoral_unethical"}
# Batches of ordinary traffic, which is mostly harmless: fewer of their groups contrast.
TRAFFIC = {"h6"}
BANDS = (12, 41, 101)  # words: a line, a paragraph, half a page, more


def everything() -> list[Written]:
    return [each for path in ALL_BATCHES for each in read_batch(path)]


def key(text: str) -> str:
    return re.sub(r"\W+", " ", text.lower()).strip()


def test_there_are_texts_and_annotations() -> None:
    assert BATCHES
    assert ANNOTATIONS


@pytest.mark.parametrize("path", ALL_BATCHES, ids=lambda path: path.stem)
def test_a_batch_is_judged_on_the_taxonomy_and_agrees_with_itself(path: Path) -> None:
    for number, each in enumerate(read_batch(path), 1):
        named = {*each.labels, *each.soft}
        assert named <= set(SLUGS), number
        assert not set(each.labels) & set(each.soft), number
        assert each.text.strip(), number
        assert (each.role == "response") == bool(each.context), number
        if each.unsafe == 0:
            assert set(each.labels) <= HARMLESS_LABELS, number
        if each.unsafe == 1:
            assert named, number


@pytest.mark.parametrize("path", ALL_BATCHES, ids=lambda path: path.stem)
def test_a_batch_contrasts_and_does_not_repeat_itself(path: Path) -> None:
    rows = read_batch(path)
    groups = defaultdict(set)
    for each in rows:
        groups[each.group].add(each.unsafe >= 0.5)
    contrasting, most_harmless = (0.6, 0.85) if path.name.split(".")[0] in TRAFFIC else (0.8, 0.8)
    assert sum(len(polarities) == 2 for polarities in groups.values()) >= contrasting * len(groups)
    assert 0.4 <= sum(each.unsafe < 0.5 for each in rows) / len(rows) <= most_harmless
    opening, count = Counter(" ".join(each.text.lower().split()[:3]) for each in rows).most_common(1)[0]
    assert count <= max(4, 0.015 * len(rows)), opening


def test_length_and_role_say_nothing_about_harm() -> None:
    cells = defaultdict(list)
    for each in everything():
        words = len(each.text.split())
        cells[each.role, sum(words >= edge for edge in BANDS)].append(each.unsafe >= 0.5)
    shares = {cell: sum(found) / len(found) for cell, found in cells.items() if len(found) >= 100}
    assert len(shares) >= 10
    assert {cell: share for cell, share in shares.items() if not 0.2 <= share <= 0.7} == {}


def test_no_text_is_there_twice() -> None:
    counts = Counter((each.role, key(each.text), key(each.context or "")) for each in everything())
    assert [text for text, count in counts.items() if count > 1] == []


def test_a_group_stands_in_one_batch_only() -> None:
    batches = defaultdict(set)
    for path in ALL_BATCHES:
        for each in read_batch(path):
            batches[each.group].add(path.name)
    assert {group: found for group, found in batches.items() if len(found) > 1} == {}


@pytest.mark.parametrize("path", ANNOTATIONS, ids=lambda path: path.stem)
def test_annotations_are_labels_without_text(path: Path) -> None:
    lines = gzip.decompress(path.read_bytes()).splitlines()
    assert {field for line in lines for field in msgspec.json.decode(line)} <= set(Annotation.__struct_fields__)
    found = [msgspec.json.decode(line, type=Annotation) for line in lines]
    for each in found:
        assert set(each.shares) <= set(SLUGS), each.id
        assert 0 <= each.unsafe <= 1, each.id
        assert each.id.startswith(each.source), each.id
    assert len({each.id for each in found}) == len(found)
