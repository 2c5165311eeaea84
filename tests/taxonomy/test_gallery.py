"""One mistake a file, with the exact lines that `tidegate check` prints for it.

To add a case, put NAME.yaml and NAME.expected into gallery/; nothing else has to be told.
"""

from pathlib import Path

import pytest

from taxonomy.files import check, load_crosswalk, load_policy, load_taxonomy

GALLERY = Path(__file__).parent / "gallery"
NAMES = sorted(path.stem for path in GALLERY.glob("*.yaml"))


def test_every_file_has_its_partner():
    assert sorted(path.stem for path in GALLERY.glob("*.expected")) == NAMES
    assert {path.suffix for path in GALLERY.iterdir()} == {".yaml", ".expected"}


@pytest.mark.parametrize("name", NAMES)
def test_the_mistake_is_named_exactly(name, monkeypatch):
    monkeypatch.chdir(GALLERY)
    lines = [str(problem) for problem in check(Path(f"{name}.yaml"))]
    assert lines == Path(f"{name}.expected").read_text("utf-8").splitlines()
    assert lines, "a file without a mistake does not belong here"


@pytest.mark.parametrize("name", NAMES)
def test_a_file_with_a_mistake_loads_as_nothing(name):
    for load in (load_policy, load_crosswalk, load_taxonomy):
        with pytest.raises(ValueError, match=rf"{name}\.yaml:\d+: "):
            load(GALLERY / f"{name}.yaml")


def test_a_missing_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert [str(p) for p in check(Path("gone.yaml"))] == ["gone.yaml:1: cannot be read: No such file or directory"]


def test_a_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here.yaml").mkdir()
    assert [str(p) for p in check(Path("here.yaml"))] == ["here.yaml:1: cannot be read: Is a directory"]
