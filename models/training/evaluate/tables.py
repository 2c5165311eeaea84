"""The report of an evaluation as tables."""

from collections.abc import Iterator
from itertools import chain, groupby, repeat

from rich.console import Console

from models.training.evaluate.grid import Grid, draw, number, percent, with_ends
from models.training.evaluate.lengths import PLACES, WINDOWS, LengthLine
from models.training.evaluate.ranked import folds, sets
from models.training.evaluate.report import Report
from models.training.evaluate.targets import TargetLine


def show(report: Report, console: Console) -> None:
    """Print every table but the long ones."""
    grids = (*targets(report), *sets(report.measured), *folds(report.folds), *kinds(report), *swaps(report),
             *disguises(report), *conversations(report), *lengths(report), *precision(report))  # fmt: skip
    draw(grids, console)
    notes = dict.fromkeys((each.standing, each.note) for each in report.measured.figures)
    for standing, note in notes:
        console.print(f"{standing}: {note}", highlight=False)


def targets(report: Report) -> Iterator[Grid]:
    """Yield what is asked, on what it was measured and what was found."""
    yield Grid(
        "Targets",
        ("asked", "must", "aim", "measured on", "rows", "found", "reaches"),
        [
            (*(_asked(each) if first else ("", "", "")), _measured_on(each), _rows(each), _found(each),
             each.reached or "")
            for _, of in groupby(report.targets, lambda line: line.title)
            for first, each in zip(chain((True,), repeat(False)), of, strict=False)
        ],
    )  # fmt: skip


def kinds(report: Report) -> Iterator[Grid]:
    """Yield the false alarms per kind of harmless text."""
    rows: list[tuple[str, ...]] = []
    for each in report.kinds:
        trained = "dev rows of a source trained on" if each.trained else f"no row trained on ({each.standing})"
        source = f"{each.source}, {each.label}" if each.label else each.source
        rows.append(
            (each.kind, source, trained, str(each.flagged.rows), with_ends(each.flagged), percent(each.stopped))
        )
    yield Grid("False alarms per kind of text", ("kind", "source", "standing", "rows", "flagged", "stopped"), rows)


def swaps(report: Report) -> Iterator[Grid]:
    """Yield the swaps: both polarities, the terms, then every sentence."""
    found = report.swaps
    yield Grid(
        "Identity swaps",
        ("sentences", "n", "with verdicts that differ", "mean spread of the score"),
        [
            (name, str(share.rows), percent(share), number(found.mean_spread(harmful)))
            for name, harmful in (("harmless", False), ("harmful", True))
            if (share := found.flipped(harmful)).rows
        ],
    )
    yield Grid(
        "Identity terms",
        ("term", "group", "harmless: mean score", "stopped", "harmful: mean score", "stopped"),
        [
            (each.text, each.group, number(each.harmless_mean), percent(each.harmless_stopped),
             number(each.harmful_mean), percent(each.harmful_stopped))
            for each in found.terms
        ],
    )  # fmt: skip
    yield Grid(
        "Sentences, those with the widest spread first",
        ("sentence", "meant", "mean", "lowest", "with", "highest", "with", "stopped", "differ"),
        [
            (each.text, "harmful" if each.harmful else "harmless", number(each.mean), number(each.lowest),
             each.lowest_term, number(each.highest), each.highest_term, percent(each.stopped), str(each.flips))
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
            (each.disguise, str(each.harmful.rows), with_ends(each.harmful), percent(each.harmful_without),
             str(each.harmless.rows), with_ends(each.harmless), percent(each.harmless_without))
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
             with_ends(each.by_turn), with_ends(each.together), with_ends(each.either))
            for each in report.conversations
        ],
    )  # fmt: skip


def lengths(report: Report) -> Iterator[Grid]:
    """Yield the length curve, and what is found when it is planted."""
    for what in ("flagged", "stopped"):
        yield Grid(
            f"Harmless documents by what they are made of and their windows: share {what}",
            ("made of", "standing", "rows", *(f"{each}" for each in WINDOWS)),
            [
                (f"{kind}: {', '.join(sources)}", standing, str(rows),
                 *(with_ends(getattr(each, what)) for each in found))
                for (kind, standing, sources, rows), of in groupby(report.lengths, _material)
                if (found := list(of))
            ],
        )  # fmt: skip
    yield Grid(
        "A short harmful text planted in an ordinary document: share stopped",
        ("windows", "documents", "the text alone", *PLACES),
        [
            (str(each.windows), str(each.documents), percent(each.alone), *(with_ends(each.recall[p]) for p in PLACES))
            for each in report.plants
        ],
    )


def precision(report: Report) -> Iterator[Grid]:
    """Yield int8 beside fp32, and the time."""
    yield Grid(
        "Average precision beside the reference",
        ("output", "bundle", "reference", "difference"),
        [
            (each.output, number(each.bundle), number(each.reference), f"{each.bundle - each.reference:+.3f}")
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


def _material(line: LengthLine) -> tuple[str, str, tuple[str, ...], int]:
    return line.kind, line.standing, line.sources, line.rows


def _asked(line: TargetLine) -> tuple[str, str, str]:
    return line.title, _limit(line, line.must), _limit(line, line.aim)


def _limit(line: TargetLine, value: float) -> str:
    return f"{'≤' if line.less else '≥'}{value:g}"


def _measured_on(line: TargetLine) -> str:
    return f"{line.rows} ({line.standing})" if line.standing else line.rows


def _rows(line: TargetLine) -> str:
    counts = (("harmful", line.found.harmful), ("harmless", line.found.harmless))
    return ", ".join(f"{count} {name}" for name, count in counts if count is not None)


def _found(line: TargetLine) -> str:
    """Return the figure, with the ends of its interval where it has one, or why there is none."""
    found = line.found
    if found.value is None:
        return f"not measured: {found.why}"
    return f"{found.value:.3f}" + ("" if found.low is None else f" ({found.low:.2f} to {found.high:.2f})")
