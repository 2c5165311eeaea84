"""`tidegate decisions`: what is in a decision log, and the feedback in it as rows to tune on."""

import sys
from collections.abc import Iterator
from typing import IO

import click
import msgspec

from models.date import instant
from models.lines import NOT_CLOSED, Loss
from models.record import Record
from service.cli.logs import log_from
from service.decisions.labelled import Heard, joined
from service.decisions.reading import records
from taxonomy.decision import Decision
from taxonomy.files import native
from taxonomy.wording import counted

# Losses that are named one by one.
_NAMED = 20


@click.group()
def decisions() -> None:
    """Look into a decision log: PLACE is a folder, a file, or a Redis URL."""


@decisions.command()
@click.argument("place")
def check(place: str) -> None:
    """Read all of a log and say what is in it; exit 1 if anything is lost.

    A file that is being written is read to its last write. One whose writer was killed has no end mark: that is said,
    and is no loss.
    """
    decided = degraded = heard = 0
    first, last = sys.maxsize, 0
    losses: list[Loss] = []
    for each in records(log_from(place), native()):
        if isinstance(each, Loss):
            losses.append(each)
            continue
        first, last = min(first, each.time), max(last, each.time)
        if isinstance(each, Decision):
            decided += 1
            degraded += each.degraded
        else:
            heard += 1
    said = counted(heard, "piece of feedback", "pieces of feedback")
    read = f"{counted(decided, 'decision')}, {degraded:,} of them without scores; {said}"
    click.echo(read + (f"; {instant(first)} to {instant(last)}" if last else ""))
    _name(losses)
    if any(loss.what != NOT_CLOSED for loss in losses):
        sys.exit(1)


@decisions.command()
@click.argument("place")
@click.option("--output", type=click.File("wb"), default="-", help="Where to write it. [default: standard output]")
def feedback(place: str, output: IO[bytes]) -> None:
    """Write the decisions that somebody gave feedback on as rows for `tidegate tune`, a line each, without texts.

    What is left out, and what of the log is lost, is said on standard error.
    """
    losses: list[Loss] = []
    heard = Heard(_whole(place, losses))
    found = joined(_whole(place, []), heard)
    for row in found.rows:
        output.write(msgspec.json.encode(row) + b"\n")
    click.echo(counted(len(found.rows), "row"), err=True)
    for reason, count in found.left_out.items():
        click.echo(f"left out: {count:,} {reason}", err=True)
    _name(losses, err=True)


def _whole(place: str, losses: list[Loss]) -> Iterator[Record]:
    """Yield the records of a log, and put aside what is lost of it."""
    for each in records(log_from(place), native()):
        if isinstance(each, Loss):
            losses.append(each)
        else:
            yield each


def _name(losses: list[Loss], err: bool = False) -> None:
    for loss in losses[:_NAMED]:
        click.echo(str(loss), err=err)
    if len(losses) > _NAMED:
        click.echo(f"and {len(losses) - _NAMED:,} more", err=err)
