"""Paths that lead nowhere, to a folder, to what cannot be read: a command says which in a line, and changes nothing."""

import os
import stat
from pathlib import Path

import pytest

from tests.cli.conftest import Tidegate
from tests.models.tuning.kept import policy_file

LONG = "a" * 300
LOG = "decisions check {}"
TUNE = "tune {} --objective max_f1 --output mine.yaml"
REPLAY = "replay --policy mine.yaml --log {}"
NO_FILE = "No such file or directory"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go where there are an empty folder, a file, labelled texts, a pipe, and a link to itself, which opens nothing."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("a word\n")
    (tmp_path / "texts.jsonl").write_text('{"text":"a","label":"safe"}\n')
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


@pytest.mark.parametrize(
    ("command", "status", "message"),
    [
        (LOG.format("gone"), 1, f"tidegate: gone: cannot be read: {NO_FILE}"),
        (
            LOG.format("folder"),
            1,
            "tidegate: folder: there is no file in it whose name ends in .jsonl or .jsonl.gz",
        ),
        (LOG.format("loop"), 1, "tidegate: loop: cannot be read: Too many levels of symbolic links"),
        (LOG.format("file/part"), 1, "tidegate: file/part: cannot be read: Not a directory"),
        (LOG.format(LONG), 1, f"tidegate: {LONG}: cannot be read: File name too long"),
        ("decisions feedback gone", 1, f"tidegate: gone: cannot be read: {NO_FILE}"),
        (TUNE.format("--log gone"), 1, f"tidegate: gone: cannot be read: {NO_FILE}"),
        (TUNE.format("folder"), 2, "Error: Invalid value for '[DATA]': File 'folder' is a directory."),
        (TUNE.format("."), 2, "Error: Invalid value for '[DATA]': File '.' is a directory."),
        (
            TUNE.format("file"),
            1,
            "tidegate: file: the name must end in .jsonl, .ndjson, .csv, .tsv, .parquet, and .gz behind all but the "
            "last",
        ),
        (
            TUNE.format(f"texts.jsonl --scores {LONG}"),
            1,
            f"tidegate: {LONG}: cannot be read: File name too long",
        ),
        (TUNE.format("texts.jsonl --scores file/part"), 1, "tidegate: part: cannot be read: Not a directory"),
        (TUNE.format("texts.jsonl --report pipe"), 2, "Error: pipe cannot be written: Not a regular file"),
        ("bundle tune --seconds 0 --output pipe", 2, "Error: pipe cannot be written: Not a regular file"),
        ("sample gone.csv --count 1 --output out", 1, f"tidegate: gone.csv: cannot be read: {NO_FILE}"),
        (REPLAY.format("gone"), 1, f"tidegate: gone: cannot be read: {NO_FILE}"),
        (REPLAY.format(LONG), 1, f"tidegate: {LONG}: cannot be read: File name too long"),
        (REPLAY.format("file --json gone/out"), 2, f"Error: gone/out cannot be written: {NO_FILE}"),
        (REPLAY.format("file --json pipe"), 2, "Error: pipe cannot be written: Not a regular file"),
        ("check gone", 1, f"gone:1: cannot be read: {NO_FILE}"),
        ("check folder", 1, "folder:1: cannot be read: Is a directory"),
        ("serve --profile ./loop", 1, "tidegate: loop:1: cannot be read: Too many levels of symbolic links"),
        (
            "bundle verify file",
            1,
            "tidegate: bundle file: there is no such folder; those that ship are default, nano",
        ),
    ],
)
def test_a_path_at_fault_is_named(tidegate: Tidegate, here: Path, command: str, status: int, message: str) -> None:
    policy_file(here / "given.yaml", "")
    before = {path.name for path in here.iterdir()}
    result = tidegate(*command.replace("replay --policy mine", "replay --policy given").split())
    assert (result.exit_code, result.output.splitlines()[-1]) == (status, message)
    assert {path.name for path in here.iterdir()} == before
    assert stat.S_ISFIFO((here / "pipe").stat().st_mode)
