"""Labelled rows of a file, scored by the bundle in force (from a file the second time), or of a decision log.

The options that say which are here too. Imports models.tuning (extra `tune`) when called.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.bundle import Bundle, digest_of
from models.lines import Loss
from models.record import Record
from models.scorer import Scorer
from models.threads import available_threads
from service.cli.logs import log_from
from service.cli.put import FILE
from service.configuration.settings import Settings
from service.decisions.labelled import Heard, joined
from service.decisions.reading import records
from taxonomy.categories import Role
from taxonomy.decision import Decision, short
from taxonomy.files import native, shipped_crosswalks

if TYPE_CHECKING:
    from models.tuning.sheet import Labelled

DATA = click.argument("data", required=False, type=FILE)
LOG = click.option(
    "--log", help="In place of DATA: a decision log with feedback in it (a folder, a file, a Redis URL)."
)
ROLE = click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default="text",
    show_default=True,
    help="Of rows that do not say theirs.",
)
LABELS = click.option(
    "--labels", type=click.Choice(sorted(shipped_crosswalks())), help="The words that lists of labels are in."
)
SCORES = click.option("--scores", type=FILE, help="Where scores are kept. [default: DATA and .scores.npz]")
RESCORE = click.option("--rescore", is_flag=True, help="Score all texts anew and replace what is kept.")


def scored(
    settings: Settings, data: Path | None, log: str | None, options: dict[str, Any], for_labels: bool = False
) -> "Labelled":
    """Read what was asked for, and take its options out of the others. Raises UsageError."""
    role, labels, scores, again = (options.pop(name) for name in ("role", "labels", "scores", "rescore"))
    if (data is None) == (log is None):
        raise click.UsageError("give either DATA or --log")
    if log is not None:
        return _of_log(settings, log, unheard=for_labels)
    assert data is not None
    return _of_file(settings, data, Role(role), labels, scores, again)


def _of_file(
    settings: Settings, data: Path, role: Role, labels: str | None, scores: Path | None, again: bool
) -> "Labelled":
    """Read and score a file; `labels` names the crosswalk of its labels, None for slugs. Raises TuningError.

    Scores are kept in `scores`, by default beside the data; `again` scores anew.
    """
    from models.tuning.kept import kept_in
    from models.tuning.labelled import Reading
    from models.tuning.labels import slugs
    from models.tuning.scoring import score
    from models.tuning.sheet import labelled, sheet
    from models.tuning.vendor import Words

    words = Words(shipped_crosswalks()[labels]) if labels else slugs
    bundle = Bundle.open(settings.bundle_folder)
    file = scores or data.parent / f"{data.name}.scores.npz"
    kept = kept_in(file, bundle.digest, settings.cache_secret.encode(), again=again)
    found = sheet(Reading(data, role, words, key=kept.key))
    if isinstance(words, Words):
        found = msgspec.structs.replace(found, notes=found.notes + words.notes)
    if found.scores is not None:
        return labelled(found, found.scores, bundle.digest)

    def scorer() -> Scorer:
        return Scorer(bundle, settings.device, settings.threads or available_threads())

    columns = (TextColumn("scoring"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("scoring", total=len(found.roles))
        made = score(
            (batch.items for batch in Reading(data, role, words).batches()),
            found.keys,
            kept,
            file,
            scorer,
            progress=lambda done: progress.update(task, completed=done),
        )
    return labelled(found, made, bundle.digest)


def _of_log(settings: Settings, place: str, unheard: bool) -> "Labelled":
    """Read a decision log and the feedback in it, of what the bundle in force has scored. Raises TuningError.

    Without any feedback there is nothing to tune on; `unheard` lets such a log pass.
    """
    from models.tuning.judged import judged
    from models.tuning.log import read

    model = digest_of(settings.bundle_folder)
    found = joined(_of_model(place, short(model)), Heard(_of_model(place, short(model))))
    rows = (msgspec.to_builtins(row) for row in found.rows)
    return judged(read(log_from(place)), rows, model, found.left_out, unheard)


def _of_model(place: str, model: str) -> Iterator[Record]:
    for each in records(log_from(place), native()):
        if not isinstance(each, Loss) and not (isinstance(each, Decision) and each.model != model):
            yield each
