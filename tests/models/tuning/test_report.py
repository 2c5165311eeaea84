"""The report: one file that asks for nothing, in which no text stands, with what was promised and what was refused."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from models.tuning.figures import Scored, areas
from models.tuning.labelled import Reading
from models.tuning.objective import parse
from models.tuning.report import report
from models.tuning.scores import Scores
from models.tuning.sheet import Labelled, labelled, sheet
from models.tuning.tune import tune
from taxonomy.files import shipped_policies

DEFAULT = shipped_policies()["default"]
WORD = "zebrafinch"


class Page(HTMLParser):
    """What a page asks for, and its ids."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.asked: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id":
                self.ids.append(str(value))
            if name in ("src", "href", "xlink:href", "action", "data"):
                (self.links if str(value).startswith("#") else self.asked).append(str(value))
        if tag in ("script", "link", "iframe", "img", "object"):
            self.asked.append(tag)


def rows(folder: Path, harmless: int = 900, harmful: int = 60) -> Labelled:
    """Return rows of which harm scores high, in two languages and several lengths."""
    path = folder / "a.csv"
    lines = ["text,role,labels,source"]
    for i in range(harmless + harmful):
        lines.append(f"{WORD} {i},{'prompt' if i % 3 else 'text'},{'none' if i < harmless else 'hate'},x")
    path.write_text("\n".join(lines))
    found = sheet(Reading(path))
    random = np.random.default_rng(4)
    n = len(found.roles)
    steps = random.integers(0, 300, (n, 25)).astype(np.uint16)
    bad = np.arange(n) >= harmless
    steps[bad, 7] = steps[bad, 23] = random.integers(4_000, 9_999, bad.sum())
    languages = (np.arange(n) % 5 == 0).astype(np.uint16)
    tokens = random.integers(1, 2_000, n).astype(np.int32)
    scores = Scores(steps, np.ones(n, bool), languages, ("de", "en"), tokens, tokens)
    return labelled(found, scores, "sha256:" + "b" * 64)


@pytest.mark.parametrize("objective", ["max_recall@fpr<=1%", "max_f1", "max_recall@fpr<=1%, recall>=50%"])
def test_the_page(tmp_path: Path, objective: str) -> None:
    of = rows(tmp_path)
    tuned = tune(of.rows, DEFAULT, parse(objective))
    assert not tuned.refused
    text = report(tuned, of, DEFAULT, "mine<b>", objective)
    page = Page(text)
    assert page.asked == []
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert len(set(page.ids)) == len(page.ids)
    assert WORD not in text
    assert "url(http" not in text
    assert "@import" not in text
    assert "<h1>mine&lt;b&gt;</h1>" in text
    assert "columns that mean nothing here were passed over: source." in text
    for promise in tuned.promises:
        assert f"{promise.errors:,} of {promise.rows:,}" in text
    assert re.search(r'<th scope="row">de</th><td>\d+ of \d+, at most [\d.]+ %', text)
    assert re.search(r'<th scope="row">1,025 and more tokens</th><td>\d+ of \d+', text)
    assert 'aria-label="Recall over false positives along the path"' in text
    assert ('aria-label="Risk over coverage as review bands widen"' in text) == ("recall>=" in objective)
    assert 'aria-label="Precision and recall, ROC, reliability and scores of hate"' in text
    assert "scores of malware" not in text  # no row holds it
    # Every colour is the page's, so that dark and light are one file.
    assert not re.search(r"(?:fill|stroke): #(?!0{6}|f{6})", text)
    assert report(tuned, of, DEFAULT, "mine<b>", objective) == text


def test_the_table_of_verdicts_counts_the_verifying_rows(tmp_path: Path) -> None:
    of = rows(tmp_path)
    tuned = tune(of.rows, DEFAULT, parse("max_recall@fpr<=1%"))
    text = report(tuned, of, DEFAULT, "mine", "max_recall@fpr<=1%")
    (cells,) = re.findall(r'<th scope="row">harmless</th>((?:<td>[\d,]+</td>){4})', text)
    assert sum(map(int, re.findall(r"\d+", cells))) == 450
    (fpr,) = tuned.promises
    assert sum(map(int, re.findall(r"\d+", cells)[1:])) == fpr.errors


def test_a_refusal_is_a_page_of_what_was(tmp_path: Path) -> None:
    of = rows(tmp_path, harmless=100)
    tuned = tune(of.rows, DEFAULT, parse("max_recall@fpr<=1%"))
    text = report(tuned, of, DEFAULT, "mine", "max_recall@fpr<=1%")
    assert tuned.refused
    assert "<strong>Refused.</strong>" in text
    assert tuned.refusals[0].words.replace("<=", "&lt;=") in text


def test_areas_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(2)
    positive = random.integers(0, 100, 300).astype(np.uint16) * 50 + 2_000
    negative = random.integers(0, 100, 900).astype(np.uint16) * 50
    truth = np.concatenate([np.ones(300), np.zeros(900)])
    scores = np.concatenate([positive, negative])
    precision, area = areas(Scored(positive.astype(np.uint16), negative, 0.5))
    assert precision == pytest.approx(average_precision_score(truth, scores))
    assert area == pytest.approx(roc_auc_score(truth, scores))
