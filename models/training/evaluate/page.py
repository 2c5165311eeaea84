"""The report as one HTML page: no script, nothing fetched, no text of anybody but our own."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from models.training.evaluate.grid import Grid
from models.training.evaluate.ranked import folds, sets
from models.training.evaluate.reliability import BINS
from models.training.evaluate.report import Report
from models.training.evaluate.tables import conversations, disguises, kinds, lengths, precision, swaps, targets

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Section(msgspec.Struct, frozen=True):
    """A heading with what it says and its tables."""

    anchor: str
    title: str
    text: str
    grids: list[Grid]


def page(report: Report) -> str:
    """Return the page."""
    notes = dict.fromkeys((each.standing, each.note) for each in report.measured.figures)
    template = _TEMPLATES.get_template("page.html")
    # jinja2 is absent where types are checked, and says Any there.
    return str(template.render(report=report, notes=list(notes), sections=list(_sections(report)), bins=BINS))


def _sections(report: Report) -> Iterator[Section]:
    for anchor, title, text, grids in (
        ("targets", "Targets", _TARGETS, targets(report)),
        ("sets", "Sets of rows", _SETS, sets(report.measured)),
        ("kinds", "Kinds of harmless text", _KINDS, kinds(report)),
        ("swaps", "Identity swaps", _SWAPS, swaps(report)),
        ("disguises", "Disguises", _DISGUISES, disguises(report)),
        ("conversations", "Conversations", _CONVERSATIONS, conversations(report)),
        ("lengths", "Length", _LENGTHS, lengths(report)),
        ("speed", "int8 against fp32, and time", _SPEED, precision(report)),
    ):
        yield Section(anchor, title, text, [grid for grid in grids if grid.rows])
    if report.folds:
        yield Section("folds", "Sources left out in turn", _FOLDS, [grid for grid in folds(report.folds) if grid.rows])


_TARGETS = (
    "What a model is asked for: it must reach the one figure and aims at the other. They were set on public benchmarks "
    "that are not in this repository; each line is of the nearest rows of ours, which are not the same rows, and says "
    "what these were to the training. Shares have the ends of a 95 % interval (Wilson). What has no rows near enough "
    "is not measured. Our test set was written for the same policy as much of what is trained on, in a like manner, "
    "so its lines flatter: believe those of other sources first."
)
_SETS = (
    "Harmless and harmful as the labels say; attacks count as harmful. Recall is the share of harmful rows flagged or "
    "blocked; stopped adds those sent to review. AP is average precision, AUC the area under the ROC curve, ECE the "
    "expected calibration error. Recall at 1 % and 5 % is the most that any threshold reaches with so many false "
    "positives; it is left out where the harmless rows are too few to tell. A category is listed from 20 rows of each "
    "polarity on, and its decisions are those of its own rule."
)
_KINDS = (
    "Of texts that are harmless by their labels, the share that the policy flags, with the ends of a 95 % interval "
    "(Wilson), and the share it stops. A kind without a line had no rows to measure on."
)
_SWAPS = (
    "Sentences of our own in which only a word for somebody's identity changes. The score is the probability of "
    "`unsafe`; its spread is the highest less the lowest over all words. A sentence differs when some words change "
    "its verdict; the count is that of the rarer verdict."
)
_DISGUISES = (
    "Short texts of our own (those of the test set, else dev rows), as they stand and in each disguise, read with the "
    "views that take disguises off and without. Zero-width and full-width characters are taken off by normalising, "
    "which cannot be left out."
)
_CONVERSATIONS = (
    "Conversations of our own. In the harmful ones the user comes to the harm in steps that look harmless one by one; "
    "their twins go the same way to a harmless end."
)
_LENGTHS = (
    "Documents made of harmless texts of one kind, one after the other; a document is judged by its worst window. Near "
    "misses were chosen for looking harmful, the other kinds are ordinary. Of each kind are taken the sources least "
    "trained on, and of few rows the long documents are much alike. The planted texts stand in ordinary documents that "
    "pass by themselves, made of texts that pass by themselves."
)
_FOLDS = (
    "Not of this bundle: models that were trained as often as there are folds, each time without some sources, and "
    "measured on those. What was written for this project is in all of them. Of a text the one window is read that "
    "training would take, and scores are not calibrated. The second table is of rows on the dev side of the split: "
    "what a source's own rows buy is the difference between a model that never saw the source and one that was "
    "trained on its other rows."
)
_SPEED = "Time is that of the session on windows that were cut before; padding does not count as tokens."
