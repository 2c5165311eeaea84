"""The table of ARCHITECTURE.md is the one that the command prints."""

from pathlib import Path

from tests.bench.steps import STEPS, as_table

ARCHITECTURE = Path(__file__).parents[2] / "ARCHITECTURE.md"


def test_the_table_is_markdown():
    columns = {"20 tokens": {"key": 1.4, "session": 12_345.6}, "130 tokens": {"key": 2.0, "session": 9.0}}
    assert [*as_table(columns)] == [
        "| step | 20 tokens | 130 tokens |",
        "|---|---|---|",
        "| key | 1 | 2 |",
        "| session | 12,346 | 9 |",
    ]


def test_the_page_has_its_rows():
    section = ARCHITECTURE.read_text("utf-8").partition("### Where the time goes")[2].partition("\n## ")[0]
    rows = [line.split(" | ")[0].removeprefix("| ") for line in section.splitlines() if line.startswith("| ")]
    assert rows == ["step", *STEPS]
