"""The page says all that the report holds, fetches nothing, and escapes what it shows."""

import io
import re
from html.parser import HTMLParser

import msgspec
import numpy as np
import pytest
from rich.console import Console

from models.bundle import Bundle
from models.training.evaluate.about import about
from models.training.evaluate.conversations import ConversationLine
from models.training.evaluate.judged import judged
from models.training.evaluate.kinds import KindLine
from models.training.evaluate.lengths import WINDOWS, LengthLine, PlantLine
from models.training.evaluate.measure import measured_of, reliability_of
from models.training.evaluate.page import page
from models.training.evaluate.precision import PrecisionLine
from models.training.evaluate.report import Report
from models.training.evaluate.robustness import DisguiseLine
from models.training.evaluate.rows import Standing
from models.training.evaluate.share import Share
from models.training.evaluate.speed import Speed
from models.training.evaluate.swaps import Frame, Swaps, Term, swap_lines, swapped
from models.training.evaluate.tables import show
from models.training.evaluate.targets import origins, target_lines
from taxonomy.categories import Role
from tests.training.scored import POLICY, example, folded, scored, scores

pytestmark = pytest.mark.train

SECRET = "what somebody wrote"
COMMAND = "tidegate evaluate --data 'my data' --html <page>"
VOID = {"meta", "rect", "line", "polyline", "circle"}


@pytest.fixture(scope="module")
def report(tiny_bundle):
    said = {"role": Role.TEXT, "text": SECRET}
    rows = [(example(f"toxigen_demos-{i}", "hate", "unsafe", **said), ("hate", "unsafe")) for i in range(25)]
    rows += [(example(f"toxigen_demos-{i}", **said), ()) for i in range(25, 60)]
    sets = [scored(Standing.HELD_OUT, rows, "toxigen_demos")]
    frames = [Frame(Role.TEXT, "My {} friend said <b>hello</b>.", False), Frame(Role.TEXT, "I hate {} people.", True)]
    terms = [Term("tall", "height")]
    share = Share(1, 4)
    return Report(
        about=about(Bundle.open(tiny_bundle), POLICY, COMMAND, 3, 60, 2),
        targets=target_lines(sets, dict.fromkeys(origins(), frozenset()), [PrecisionLine("hate", 0.75, 0.763)]),
        measured=measured_of(sets, POLICY),
        kinds=[
            KindLine(kind="code", source="gpteacher", label="codegen", standing=Standing.DEV, trained=True,
                     flagged=share, stopped=share)
        ],
        swaps=swap_lines(frames, terms, judged(np.array([scores(), scores()]), swapped(frames, terms), POLICY)),
        disguises=[
            DisguiseLine(disguise="rot13", harmful=share, harmful_without=share, harmless=share, harmless_without=share)
        ],
        conversations=[ConversationLine(harmful=True, by_turn=share, together=share, either=share)],
        lengths=[
            LengthLine(
                kind="news", ordinary=True, standing=Standing.RESTRICTED, sources=("ag_news",), rows=40,
                windows=windows, mean_windows=4.25, flagged=share, stopped=Share(2, 4),
            )
            for windows in WINDOWS
        ],
        plants=[
            PlantLine(windows=4, documents=4, alone=share, recall=dict.fromkeys(("start", "middle", "end"), share))
        ],
        precision=[PrecisionLine("hate", 0.75, 0.763)],
        speed=[
            Speed(model="int8", threads=2, tokens=8000, windows=40, repeats=7, median=31.25, fastest=30, slowest=40)
        ],
        reliability=reliability_of(sets),
    )  # fmt: skip


class Tags(HTMLParser):
    """Fails where a tag is closed that was not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag


def tags(text: str) -> Tags:
    found = Tags()
    found.feed(text)
    found.close()
    return found


def test_it_says_what_was_measured_with_what(report):
    text = page(report)
    for each in (report.about.digest, POLICY.digest, report.about.date, report.about.software, "seed 3", "60 rows",
                 "2 threads", "tidegate evaluate --data &#39;my data&#39; --html &lt;page&gt;"):  # fmt: skip
        assert each in text
    for cell in ("gpteacher, codegen", "dev rows of a source trained on", "25.0% (5% to 70%)", "rot13", "news: ag_news",
                 "50.0% (15% to 85%)", "31.2",
                 "-0.013", "held out whole: no row of the source was trained on"):  # fmt: skip
        assert cell in text, cell


def test_a_cross_validation_is_shown_where_one_was_given(report):
    given = msgspec.structs.replace(report, folds=folded())
    found = tags(page(given))
    assert "folds" in {attrs["id"] for _, attrs in found.seen if "id" in attrs}
    text = page(given)
    for each in ("Sources left out in turn", "Left out in turn, in 1 folds", ">all</th>", "41.7%", "trained on"):
        assert each in text, each
    assert "Left out in turn" not in page(report)
    console = Console(file=io.StringIO(), record=True, width=250)
    show(given, console)
    (line,) = [line for line in console.export_text().splitlines() if "ethos" in line and "1.000" in line]
    assert line.count("1.000") == 2
    assert msgspec.json.decode(msgspec.json.encode(given), type=Report).folds == given.folds


def test_it_is_well_formed_and_its_links_lead_somewhere(report):
    found = tags(page(report))
    assert found.open == []
    anchors = {attrs["id"] for _, attrs in found.seen if "id" in attrs}
    links = [attrs["href"] for tag, attrs in found.seen if tag == "a"]
    assert len(links) == 9
    assert all(link and link[0] == "#" and link[1:] in anchors for link in links)


def test_it_has_no_script_fetches_nothing_and_shows_nobodys_text(report):
    text = page(report)
    names = {tag for tag, _ in tags(text).seen}
    assert not names & {"script", "link", "img", "iframe", "object", "form"}
    assert not re.search(r"https?://|url\(|@import|\bon\w+=|src=", text)
    assert SECRET not in text
    assert SECRET not in msgspec.json.encode(report).decode()


def test_what_it_shows_is_escaped(report):
    assert "said &lt;b&gt;hello&lt;/b&gt;." in page(report)


def test_a_diagram_for_every_output_with_enough_rows(report):
    found = tags(page(report))
    labels = [attrs["aria-label"] for tag, attrs in found.seen if tag == "svg"]
    assert labels == ["Reliability of unsafe", "Reliability of hate"]
    circles = [(attrs["cx"], attrs["cy"]) for tag, attrs in found.seen if tag == "circle"]
    assert circles == [("1.00", "100.00"), ("99.00", "0.00")] * 2


def test_parts_without_rows_say_so(report):
    bare = msgspec.structs.replace(
        report,
        kinds=[],
        swaps=Swaps([], []),
        disguises=[],
        conversations=[],
        lengths=[],
        plants=[],
        precision=[],
        speed=[],
    )
    assert page(bare).count("Nothing to measure on.") == 6
    show(bare, Console(file=io.StringIO()))


def test_the_terminal_leaves_out_the_long_tables(report):
    console = Console(file=io.StringIO(), record=True, width=200)
    show(report, console)
    printed = console.export_text()
    assert "False alarms per kind of text" in printed
    assert "Identity swaps" in printed
    assert "Sentences, those with the widest spread first" not in printed


def test_the_targets_come_first(report):
    headings = re.findall('<h2 id="([a-z]+)">', page(report))
    assert headings[:2] == ["targets", "sets"]
    assert list(msgspec.json.decode(msgspec.json.encode(report)))[:3] == ["about", "targets", "measured"]
    text = page(report)
    for cell in ("int8 against fp32: loss of average precision on any category", "≤0.01", "0.013", "neither",
                 "25 harmful, 35 harmless", "not measured: no such rows in --data"):  # fmt: skip
        assert cell in text, cell


@pytest.mark.parametrize("width", [100, 10_000])
def test_no_word_is_cut_in_the_terminal(report, width):
    console = Console(file=io.StringIO(), record=True, width=width)
    show(msgspec.structs.replace(report, folds=folded()), console)
    printed = console.export_text()
    assert printed.startswith("Targets\n")
    assert "…" not in printed
    assert max(map(len, printed.splitlines())) <= width
    for word in ("toxigen_demos", "precision", "gpteacher,", "middle", "slowest", "ag_news"):
        assert word in printed.split(), word
