"""The report as tables of words, for the terminal and for the page alike."""

from collections.abc import Iterable, Iterator

import msgspec
from rich.console import Console
from rich.table import Table

from models.training.evaluate.figures import Category, Decisions, Figures, Outcome, Ranks, Slice
from models.training.evaluate.lengths import PLACES
from models.training.evaluate.report import Measured, Report
from models.training.evaluate.share import Share
from models.training.folds.lines import FoldLine, Folds

# The columns of a line after its name, here and on the model card.
TITLES = ("n", "harmless", "flagged", "reviewed", "blocked", "harmful", "recall", "stopped", "AP unsafe",
          "AUC unsafe", "ECE unsafe", "AP attack")  # fmt: skip
_DECISIONS = ("precision", "recall", "F1", "false positives")
_RANKS = ("AP", "AUC", "recall at 1 %", "recall at 5 %", "ECE")
_FOLD = ("source", "kind of text", "output", "fold")
_NO_OUTCOME = Outcome(0, 0.0, 0.0, 0.0, 0.0)


class Grid(msgspec.Struct, frozen=True):
    """One table. A `long` one is folded on the page and left out on the terminal."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    long: bool = False


def cells(each: Figures) -> list[str]:
    """Return the columns TITLES of a line."""
    return _outcomes(each.whole)


def show(report: Report, console: Console) -> None:
    """Print every table but the long ones."""
    grids = (*sets(report.measured), *folds(report.folds), *kinds(report), *swaps(report), *disguises(report),
             *conversations(report), *lengths(report), *precision(report))  # fmt: skip
    draw(grids, console)
    notes = dict.fromkeys((each.standing, each.note) for each in report.measured.figures)
    for standing, note in notes:
        console.print(f"{standing}: {note}", highlight=False)


def draw(grids: Iterable[Grid], console: Console) -> None:
    """Print tables, but for long and empty ones."""
    for grid in grids:
        if grid.rows and not grid.long:
            table = Table(title=grid.title, title_justify="left")
            for i, column in enumerate(grid.columns):
                table.add_column(column, justify="right" if i else "left")
            for row in grid.rows:
                table.add_row(*row)
            console.print(table)


def sets(measured: Measured) -> Iterator[Grid]:
    """Yield the sets of rows: what was done, how it was decided, how it ranks; then their roles and categories."""
    figures = measured.figures
    names = [(each, f"{each.name} ({each.standing})") for each in figures]
    yield Grid("What the policy does", ("rows", *TITLES), [(name, *cells(each)) for each, name in names])
    yield Grid(
        "Decisions",
        ("rows", *_DECISIONS, *(f"{title} of stopped" for title in _DECISIONS)),
        [(name, *_decisions(each.whole.flagged), *_decisions(each.whole.stopped)) for each, name in names],
    )
    yield Grid(
        "Ranking of `unsafe` and `attack`",
        ("rows", *_RANKS, *(f"{title} of attack" for title in _RANKS)),
        [(name, *_ranks(each.whole.unsafe), *_ranks(each.whole.attack)) for each, name in names],
    )
    yield Grid(
        "Per role",
        ("rows", "role", *TITLES, *_DECISIONS),
        [
            (name, role, *_outcomes(part), *_decisions(part.flagged))
            for each, name in names
            for role, part in each.roles.items()
        ],
        long=True,
    )
    for each, name in names:
        if each.categories:
            yield Grid(f"Categories in {name}", ("category", "positives", "negatives", *_RANKS, *_DECISIONS),
                       [_category(slug, found) for slug, found in each.categories.items()], long=True)  # fmt: skip


def folds(found: Folds | None) -> Iterator[Grid]:
    """Yield how sources rank that were left out, and what their own rows buy."""
    if found is None:
        return
    ranked = _RANKS[:-1]
    yield Grid(
        f"Left out in turn, in {len(found.folds)} folds",
        (*_FOLD, "n", "harmful", *ranked),
        [(*_fold(each), *_counts(each.left_out), *_ranked(each.left_out)) for each in found.lines],
    )
    yield Grid(
        "On rows that neither model was trained on: source left out, and trained on",
        (*_FOLD, "n", "harmful", *(title for name in ranked for title in (f"{name}, left out", "trained on"))),
        [
            (
                *_fold(each),
                *_counts(out),
                *(cell for pair in zip(_ranked(out), _ranked(own), strict=True) for cell in pair),
            )
            for each in found.lines
            if (out := each.dev_left_out) and (own := each.dev_trained)
        ],
    )


def kinds(report: Report) -> Iterator[Grid]:
    """Yield the false alarms per kind of harmless text."""
    rows: list[tuple[str, ...]] = []
    for each in report.kinds:
        trained = "dev rows of a source trained on" if each.trained else f"no row trained on ({each.standing})"
        source = f"{each.source}, {each.label}" if each.label else each.source
        rows.append(
            (each.kind, source, trained, str(each.flagged.rows), _with_ends(each.flagged), _share(each.stopped))
        )
    yield Grid("False alarms per kind of text", ("kind", "source", "standing", "rows", "flagged", "stopped"), rows)


def swaps(report: Report) -> Iterator[Grid]:
    """Yield the swaps: both polarities, the terms, then every sentence."""
    found = report.swaps
    yield Grid(
        "Identity swaps",
        ("sentences", "n", "with verdicts that differ", "mean spread of the score"),
        [
            (name, str(share.rows), _share(share), _number(found.mean_spread(harmful)))
            for name, harmful in (("harmless", False), ("harmful", True))
            if (share := found.flipped(harmful)).rows
        ],
    )
    yield Grid(
        "Identity terms",
        ("term", "group", "harmless: mean score", "stopped", "harmful: mean score", "stopped"),
        [
            (each.text, each.group, _number(each.harmless_mean), _share(each.harmless_stopped),
             _number(each.harmful_mean), _share(each.harmful_stopped))
            for each in found.terms
        ],
    )  # fmt: skip
    yield Grid(
        "Sentences, those with the widest spread first",
        ("sentence", "meant", "mean", "lowest", "with", "highest", "with", "stopped", "differ"),
        [
            (each.text, "harmful" if each.harmful else "harmless", _number(each.mean), _number(each.lowest),
             each.lowest_term, _number(each.highest), each.highest_term, _share(each.stopped), str(each.flips))
            for each in sorted(found.frames, key=lambda each: -each.spread)
        ],
        long=True,
    )  # fmt: skip


def disguises(report: Report) -> Iterator[Grid]:
    """Yield recall and false alarms per disguise, with views and without."""
    yield Grid(
        "Short texts in disguise: share stopped",
        ("disguise", "harmful", "with views", "without", "harmless", "with views", "without"),
        [
            (each.disguise, str(each.harmful.rows), _with_ends(each.harmful), _share(each.harmful_without),
             str(each.harmless.rows), _with_ends(each.harmless), _share(each.harmless_without))
            for each in report.disguises
        ],
    )  # fmt: skip


def conversations(report: Report) -> Iterator[Grid]:
    """Yield what is flagged turn by turn, and of the user's turns together."""
    yield Grid(
        "Conversations flagged",
        ("conversations", "n", "by some turn", "by the turns together", "by either"),
        [
            ("harmful by small steps" if each.harmful else "their harmless twins", str(each.either.rows),
             _with_ends(each.by_turn), _with_ends(each.together), _with_ends(each.either))
            for each in report.conversations
        ],
    )  # fmt: skip


def lengths(report: Report) -> Iterator[Grid]:
    """Yield the length curve, and what is found when it is planted."""
    yield Grid(
        "Harmless documents by length",
        ("windows", "documents", "windows on average", "flagged", "stopped"),
        [
            (str(each.windows), str(each.flagged.rows), f"{each.mean_windows:.1f}", _with_ends(each.flagged),
             _share(each.stopped))
            for each in report.lengths
        ],
    )  # fmt: skip
    yield Grid(
        "A short harmful text planted in a harmless document: share stopped",
        ("windows", "documents", "the text alone", *PLACES),
        [
            (str(each.windows), str(each.documents), _share(each.alone), *(_with_ends(each.recall[p]) for p in PLACES))
            for each in report.plants
        ],
    )


def precision(report: Report) -> Iterator[Grid]:
    """Yield int8 beside fp32, and the time."""
    yield Grid(
        "Average precision beside the reference",
        ("output", "bundle", "reference", "difference"),
        [
            (each.output, _number(each.bundle), _number(each.reference), f"{each.bundle - each.reference:+.3f}")
            for each in report.precision
        ],
    )
    yield Grid(
        "Milliseconds per 1,000 tokens",
        ("model", "threads", "tokens", "windows", "runs", "median", "fastest", "slowest"),
        [
            (each.model, str(each.threads), str(each.tokens), str(each.windows), str(each.repeats),
             *(f"{value:.1f}" for value in (each.median, each.fastest, each.slowest)))
            for each in report.speed
        ],
    )  # fmt: skip


def _outcomes(part: Slice) -> list[str]:
    harmless, harmful = part.harmless or _NO_OUTCOME, part.harmful or _NO_OUTCOME
    return [
        str(part.rows), str(harmless.rows), *_percents(harmless, harmless.flagged, harmless.reviewed, harmless.blocked),
        str(harmful.rows), *_percents(harmful, harmful.flagged, harmful.stopped),
        *map(_number, (part.unsafe.average_precision, part.unsafe.roc_auc, part.unsafe.calibration_error,
                       part.attack.average_precision)),
    ]  # fmt: skip


def _category(slug: str, found: Category) -> tuple[str, ...]:
    ranks = found.ranks
    return slug, str(ranks.positives), str(ranks.negatives), *_ranks(ranks), *_decisions(found.decisions)


def _decisions(found: Decisions) -> Iterable[str]:
    return map(_number, (found.precision, found.recall, found.f1, found.false_positives))


def _ranks(found: Ranks) -> Iterable[str]:
    return (*_ranked(found), _number(found.calibration_error))


def _ranked(found: Ranks) -> Iterable[str]:
    return map(_number, (found.average_precision, found.roc_auc, found.recall_at_1, found.recall_at_5))


def _fold(each: FoldLine) -> tuple[str, ...]:
    return each.source or "all", each.role or "", each.output, str(each.fold)


def _counts(found: Ranks) -> tuple[str, str]:
    rows = found.positives + found.negatives
    return str(rows), f"{found.positives / rows:.1%}" if rows else ""


def _percents(found: Outcome, *shares: float) -> Iterable[str]:
    return (f"{share:.1%}" if found.rows else "" for share in shares)


def _share(found: Share) -> str:
    return f"{found.value:.1%}" if found.rows else ""


def _with_ends(found: Share) -> str:
    low, high = found.interval
    return f"{found.value:.1%} ({low:.0%} to {high:.0%})" if found.rows else ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
