"""The README's table of what the model is measured at says what the bundles say of themselves."""

import re

import msgspec
import pytest

from models.bundle import BUNDLES, SHIPPED, Manifest
from tests.docs.pages import ROOT

README = (ROOT / "README.md").read_text("utf-8")
# What a line of the table begins with, and the set of rows that it is of.
LINES = {
    "seven sources held out whole": "all held out",
    "of these, requests for plain harm (CatQA)": "catqa",
    "of these, one-line statements about groups": "toxigen_demos",
    "our own test set": "our test set",
    "ToxicChat": "toxicchat_train",
    "harmless prompts that look dangerous (OKTest": "oktest",
    "news headlines": "ag_news",
    "harmless instructions": "alpaca_prompts",
    "harmless tweets": "tweeteval_sentiment_benign",
}


def measured(bundle):
    return msgspec.json.decode((bundle / "manifest.json").read_bytes(), type=Manifest).metrics["evaluation"]


def table():
    part = README.partition("## What it is measured at")[2].partition("\n\nA second bundle")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")]


def test_every_line_of_the_table_is_of_a_set():
    lines = [cells[0] for cells in table()[2:]]
    assert [next(begin for begin in LINES if line.startswith(begin)) for line in lines] == list(LINES)


@pytest.mark.parametrize("place", range(len(LINES)), ids=LINES.values())
def test_a_line_says_what_the_bundle_says(place):
    found = measured(SHIPPED)[list(LINES.values())[place]]
    harmless, harmful, precision = found["harmless"], found["harmful"], found["unsafe"]["average_precision"]
    # Of three harmless rows no share is worth saying.
    said = f"{harmless['flagged']:.1%}".replace("%", " %") if harmless["rows"] >= 10 else "-"
    caught = f"{harmful['flagged']:.1%}".replace("%", " %") if harmful else "-"
    ranked = f"{precision:.2f}" if precision is not None and harmless["rows"] >= 10 else "-"
    assert table()[2 + place][1:] == [
        f"{harmless['rows']:,}",
        said,
        f"{harmful['rows']:,}" if harmful else "-",
        caught,
        ranked,
    ]


def test_what_is_said_of_other_languages_and_of_nano():
    flat = " ".join(README.split())
    languages = measured(SHIPPED)["other languages"]["harmless"]
    assert f"of fifty harmless ones {languages['flagged']:.0%} are flagged".replace("%", " %") in flat
    assert languages["rows"] == 50
    nano = measured(BUNDLES / "nano")
    assert nano["policy"] == "nano"
    every = nano["all held out"]
    said = re.search(r"flags ([\d.]+) % of the harm in the seven sources at ([\d.]+) % .*? \(AP ([\d.]+)\)", flat)
    assert said
    assert said.groups() == (
        f"{100 * every['harmful']['flagged']:.1f}",
        f"{100 * every['harmless']['flagged']:.1f}",
        f"{every['unsafe']['average_precision']:.2f}",
    )
    sizes = [(bundle / "model.onnx").stat().st_size / 1e6 for bundle in (BUNDLES / "nano", SHIPPED)]
    assert f"({sizes[0]:.1f} MB instead of {sizes[1]:.0f})" in flat
