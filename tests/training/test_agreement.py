"""How far readers agree, on readings that are easy to judge."""

import gzip

import msgspec
import pytest

from models.training.corpus.agreement import FEWEST, agreement, read
from models.training.corpus.sources import Annotation

pytestmark = pytest.mark.train


def reading(row, labels=(), unsafe=0.0, soft=None, annotator="a"):
    return Annotation(f"x-{row}", "x", tuple(labels), unsafe, annotator, soft or {})


def rows(*readers):
    return {f"x-{i}": [reading(i, *each[i]) for each in readers] for i in range(len(readers[0]))}


HALF = [(["hate"], 1.0) if i % 2 else ([], 0.0) for i in range(40)]
OTHER = [([], 0.0) if i % 2 else (["hate"], 1.0) for i in range(40)]


def test_readers_who_say_the_same_agree_wholly():
    assert [(each.label, each.rows, each.alpha) for each in agreement(rows(HALF, HALF, HALF))] == [
        ("unsafe", 20, 1.0),
        ("hate", 20, 1.0),
    ]


def test_one_reader_who_says_the_opposite_leaves_less_than_chance():
    assert all(each.alpha < 0 for each in agreement(rows(HALF, HALF, OTHER)))


def test_a_doubt_is_nearer_than_a_contradiction():
    doubtful = [(*each, {"hate": 0.5} if not each[0] and i < 8 else {}) for i, each in enumerate(HALF)]
    wrong = [(["hate"] if i < 8 else labels, unsafe) for i, (labels, unsafe) in enumerate(HALF)]
    found = [
        next(each.alpha for each in agreement(rows(HALF, HALF, third)) if each.label == "hate")
        for third in (doubtful, wrong)
    ]
    assert 1 > found[0] > found[1] > 0


def test_rows_that_were_read_once_or_twice_do_not_count():
    readings = rows(HALF, HALF, HALF) | {"y": [reading("y", ["violence"], 1.0)] * 2}
    assert all(each.rows == 20 for each in agreement(readings))


def test_a_category_seen_in_few_rows_has_no_alpha():
    few = [(["threat"], 1.0) if i < FEWEST - 1 else ([], i % 2) for i in range(40)]
    assert [each.label for each in agreement(rows(few, few, few))] == ["unsafe"]


def test_readings_of_one_row_come_together_from_several_files(tmp_path):
    for name in ("n1", "n2", "n3"):
        line = msgspec.json.encode(reading(1, ["hate"], 1.0, annotator=name))
        (tmp_path / f"{name}.jsonl.gz").write_bytes(gzip.compress(line + b"\n"))
    assert [each.annotator for each in read(tmp_path)["x-1"]] == ["n1", "n2", "n3"]
