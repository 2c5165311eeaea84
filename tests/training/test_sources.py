"""Reading a data folder."""

import gzip

import msgspec
import pytest

from models.training.corpus.sources import fingerprint, read_annotations, read_label_map, read_rows
from models.training.export.errors import ExportError
from models.training.export.licences import licences
from tests.training.small import annotation, readme, row, sources, write_data

pytestmark = pytest.mark.train


def test_rows_come_source_by_source(tmp_path):
    data = write_data(tmp_path / "data", sources(3))
    names = [each.source for each in read_rows(data.folder / "train")]
    assert names == sorted(names)
    assert len(names) == 18


def test_a_line_that_is_no_row_is_an_error(tmp_path):
    (tmp_path / "train").mkdir()
    with gzip.open(tmp_path / "train" / "x.jsonl.gz", "wt") as file:
        file.write('{"id": "x-0"}\n')
    with pytest.raises(msgspec.ValidationError, match="missing required field"):
        list(read_rows(tmp_path / "train"))


def test_the_texts_of_a_row(tmp_path):
    data = write_data(tmp_path / "data", [row("dolly_sample-0", "pair", prompt="one", response="two")])
    (found,) = read_rows(data.folder / "train")
    assert found.strings == ("one", "two")


def test_a_fingerprint_survives_case_and_punctuation_and_short_texts_have_none():
    assert fingerprint("Hello, there: World 42") == fingerprint("hello there world 42") != fingerprint("hello there 43")
    assert fingerprint("Hello world") is None
    assert len(fingerprint("Grüße aus Zürich") or "") == 16


def test_annotations_may_be_absent(tmp_path):
    data = write_data(tmp_path / "data", [], [annotation("dolly_sample-0", ["hate"], 1.0)])
    assert read_annotations(data)["dolly_sample-0"].labels == ("hate",)
    (data.folder / "annotations.jsonl.gz").unlink()
    assert read_annotations(data) == {}


def test_the_label_map_is_read(tmp_path):
    data = write_data(tmp_path / "data", [])
    assert read_label_map(data)["hackaprompt_sample"].labels["attack"].strong == ("prompt_injection",)


def test_licences_come_from_the_table_of_the_readme(tmp_path):
    path = tmp_path / "README.md"
    path.write_text(readme(["dolly_sample", "bipia_docs"]))
    (found,) = licences(path, ["bipia_docs"])
    assert (found.licence, found.share_alike) == ("CC-BY-SA-4.0", True)
    with pytest.raises(ExportError, match=r"gives no licence for ethos$"):
        licences(path, ["bipia_docs", "ethos"])
    path.write_text("# Data\n")
    with pytest.raises(ExportError, match="has no table"):
        licences(path, ["bipia_docs"])
