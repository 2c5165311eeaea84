"""No cell is cut: a narrow console gets a table in parts and in lines, a pipe gets it as wide as it is."""

import io

import pytest
from rich.console import Console

from models.training.evaluate.grid import Grid, draw
from models.training.terminal import terminal, tracked

pytestmark = pytest.mark.train

COLUMNS = ("rows", "a standing", *(f"figure {i}" for i in range(12)))
NAMES = ("coconot (held_out)", "deepset_injections (held_out)")
GRID = Grid("Figures", COLUMNS, [(name, "sixteen letters in all", *["12.5% (10% to 15%)"] * 12) for name in NAMES])


def printed(width, *grids):
    console = Console(file=io.StringIO(), record=True, width=width)
    draw(grids, console)
    return console.export_text()


@pytest.mark.parametrize("width", [80, 100, 200])
def test_a_table_that_is_too_wide_is_shown_in_parts_of_whole_words(width):
    text = printed(width, GRID)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    words = text.split()
    parts = text.count("Figures")
    assert f"(1 of {parts})" in text
    assert words.count("deepset_injections") == parts
    assert words.count("figure") == 12
    assert words.count("12.5%") == 24


def test_a_table_that_fits_is_in_one_part_and_a_line_a_row():
    text = printed(1000, GRID)
    assert text.splitlines()[0].strip() == "Figures"
    whole = [line for line in text.splitlines() if line.count("12.5% (10% to 15%)") == 12]
    assert [line.startswith(name) for line, name in zip(whole, NAMES, strict=True)] == [True, True]


def test_a_word_that_does_not_fit_reaches_beyond_the_edge():
    long = "a" * 70
    assert long in printed(40, Grid("Long", ("one", "two"), [(long, "b" * 30)]))


def test_the_keys_stand_in_every_part():
    grid = Grid("Keys", ("one", "two", *"abcdef"), [("first", "second", *["123456789012"] * 6)], keys=2)
    text = printed(50, grid)
    assert text.count("second") == text.count("first") == text.count("Keys") == 3


def test_long_and_empty_tables_are_not_printed():
    assert printed(100, Grid("Empty", ("one",), []), Grid("Long", ("one",), [("x",)], long=True)) == ""


def test_a_pipe_is_as_wide_as_its_lines_unless_columns_are_set(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert terminal().width == 10_000
    monkeypatch.setenv("COLUMNS", "90")
    assert terminal(stderr=True).width == 90


def test_progress_leaves_nothing_in_a_pipe():
    console = Console(file=io.StringIO(), width=80)
    assert list(tracked(range(3), "counting", console)) == [0, 1, 2]
    assert console.file.getvalue() == ""
