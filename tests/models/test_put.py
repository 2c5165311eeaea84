"""A file that is replaced is whole, before and after."""

import pytest

from models.errors import ModelError
from models.put import beside, put, replacing


def test_a_file_takes_the_place_of_the_one_before(tmp_path):
    put(tmp_path / "found.json", "one")
    put(tmp_path / "found.json", "two, wörter")
    assert (tmp_path / "found.json").read_text("utf-8") == "two, wörter"
    assert [path.name for path in tmp_path.iterdir()] == ["found.json"]


def test_what_was_broken_off_is_written_over(tmp_path):
    beside(tmp_path / "found.json").write_text("half of a lo")
    put(tmp_path / "found.json", "{}")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("found.json", "{}")]


def test_where_the_new_one_cannot_be_written_the_old_one_stays(tmp_path):
    file = tmp_path / "found.json"
    put(file, "one")
    beside(file).mkdir()
    with pytest.raises(ModelError) as caught:
        put(file, "two")
    assert str(caught.value) == f"{file} cannot be written: Is a directory"
    assert file.read_text() == "one"


def break_off(file):
    with replacing(file) as out:
        out.write(b"half of a lo")
        raise KeyError


def test_what_is_broken_off_takes_no_place(tmp_path):
    put(tmp_path / "found.json", "one")
    with pytest.raises(KeyError):
        break_off(tmp_path / "found.json")
    assert (tmp_path / "found.json").read_text() == "one"
