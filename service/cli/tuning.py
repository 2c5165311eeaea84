"""`tidegate tune` and `tidegate sample`: doors to models.tuning (extra `tune`)."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec
from rich.console import Console

from models.errors import ModelError
from service.cli.extras import missing
from service.cli.policy import policy_named
from service.cli.put import FORCE, put, writable
from service.cli.scored import labelled_rows, logged_rows
from service.configuration.loading import load_settings
from service.configuration.settings import Settings
from taxonomy.categories import Role
from taxonomy.files import shipped_crosswalks
from taxonomy.written import as_yaml

if TYPE_CHECKING:
    from models.tuning.sheet import Labelled

REFUSED = 3
_NAME = re.compile("[A-Za-z0-9][A-Za-z0-9._-]*")
_COSTS = ("false_alarm", "miss", "review")
_FILE = click.Path(path_type=Path, dir_okay=False)
_DATA = click.argument("data", required=False, type=click.Path(path_type=Path))
_LOG = click.option(
    "--log", help="In place of DATA: a decision log with feedback in it (a folder, a file, a Redis URL)."
)
_ROLE = click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default="text",
    show_default=True,
    help="Of rows that do not say theirs.",
)
_LABELS = click.option(
    "--labels", type=click.Choice(sorted(shipped_crosswalks())), help="The words that lists of labels are in."
)
_SCORES = click.option("--scores", type=_FILE, help="Where scores are kept. [default: DATA and .scores.npz]")
_RESCORE = click.option("--rescore", is_flag=True, help="Score all texts anew and replace what is kept.")


@click.command()
@_DATA
@_LOG
@click.option(
    "--objective",
    required=True,
    help="max_recall@fpr<=1%, min_fpr@recall>=95%, max_f1 or min_cost; after a comma, or alone, what review bands are "
    "to meet: recall>=95%, reviews<=200/day.",
)
@click.option("--confidence", default=0.95, show_default=True, help="That all promises hold, in 0..1.")
@click.option("--policy", default="default", show_default=True, help="What to begin with: a policy's name or file.")
@click.option("--output", type=_FILE, required=True, help="The policy to write.")
@click.option("--name", help="The new policy's name. [default: that of --output]")
@click.option("--report", type=_FILE, help="Write a page with curves and tables, HTML in one file.")
@click.option("--evaluation", type=_FILE, help="Write the curves that the console draws, JSON.")
@click.option("--scope", type=click.Choice(["overall", "category"]), default="overall", show_default=True)
@click.option(
    "--joint/--separate", default=True, show_default=True, help="Promises hold all together, or each by itself."
)
@click.option(
    "--counts",
    type=click.Choice(["flag", "review", "block", "alone"]),
    help="Which verdicts stop a text: flag and graver, review and graver, block; alone: flag or block and no person "
    "looks. [default: flag; alone where bands are chosen]",
)
@click.option("--costs", default="", help="For min_cost: false_alarm=1,miss=5,review=0.2")
@click.option("--texts-per-day", type=float, help="What reviews<=N/day is a share of.")
@click.option("--choosing", default=0.5, show_default=True, help="The share of rows to choose on; the rest verifies.")
@click.option("--seed", default=0, show_default=True, help="Draws which rows those are.")
@_ROLE
@_LABELS
@_SCORES
@_RESCORE
@FORCE
def tune(
    data: Path | None,
    log: str | None,
    objective: str,
    policy: str,
    output: Path,
    name: str | None,
    report: Path | None,
    evaluation: Path | None,
    costs: str,
    force: bool,
    **options: Any,
) -> None:
    """Choose thresholds on labelled texts, and write a policy with what they promise.

    DATA is JSON Lines, CSV, TSV or Parquet with a column `text` and, where there are any, `role`, `context` and `id`.
    Labels are a column for each category (1, 0, empty for not known), or a list `labels` of all that holds, or `label`:
    safe or unsafe. One half of the rows chooses and the other verifies; what they cannot promise is refused, with how
    many labelled rows are missing.

    Exits 3 when nothing that was asked for can be promised; no policy is written then.
    """
    try:
        from models.tuning import terminal
        from models.tuning.evaluation import evaluation as counted
        from models.tuning.objective import ObjectiveError, parse
        from models.tuning.outcome import policy_file
        from models.tuning.report import report as page
        from models.tuning.tune import tune as run
        from models.tuning.tuned import TuningError
    except ModuleNotFoundError as error:
        raise missing(error, "tune") from None
    named = _name(name or output.name.partition(".")[0])
    settings = load_settings()
    begin = policy_named(policy, settings.policies)
    if named == begin.name:
        raise click.UsageError(
            f"--name: a policy cannot extend itself: give another name than '{named}', and put that one in force with "
            "TIDEGATE_POLICY or for a tenant"
        )
    writable(output, report, evaluation, force=force)
    try:
        asked = parse(objective)
        of = _rows(settings, data, log, options)
        found = run(of.rows, begin, asked, costs=_costs(costs), **_typed(options))
    except (ObjectiveError, TuningError) as error:
        raise ModelError(str(error)) from None
    console = Console()
    for note in of.notes:
        click.echo(note)
    terminal.show(found, begin, console)
    for warning in found.warnings:
        click.echo(f"warning: {warning}", err=True)
    if report:
        put(report, page(found, of, begin, named, objective))
        click.echo(f"{report}: the report")
    if evaluation:
        put(evaluation, msgspec.json.encode(counted(of)).decode())
        click.echo(f"{evaluation}: curves of {len(of.rows.roles):,} rows")
    if found.refused:
        click.echo("nothing that was asked for can be promised: no policy was written", err=True)
        sys.exit(REFUSED)
    put(output, as_yaml(policy_file(found, of, begin, named, objective)))
    click.echo(f"{output}: policy '{named}', over '{begin.name}'")


def _rows(
    settings: Settings, data: Path | None, log: str | None, options: dict[str, Any], for_labels: bool = False
) -> "Labelled":
    """Read what was asked for, and take its options out of the others. Raises UsageError."""
    role, labels, scores, again = (options.pop(name) for name in ("role", "labels", "scores", "rescore"))
    if (data is None) == (log is None):
        raise click.UsageError("give either DATA or --log")
    if log is not None:
        return logged_rows(settings, log, unheard=for_labels)
    assert data is not None
    return labelled_rows(settings, data, Role(role), labels, scores, again)


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise click.UsageError("--name must be letters, digits, '.', '_' and '-', and begin with a letter or digit")
    return name


def _costs(text: str) -> Any:
    """Read `false_alarm=1,miss=5`. Raises UsageError."""
    from models.tuning.objective import Costs, ObjectiveError

    given: dict[str, float] = {}
    for part in filter(None, (each.strip() for each in text.split(","))):
        what, _, number = part.partition("=")
        try:
            given[_COSTS[_COSTS.index(what)]] = float(number)
        except ValueError:
            names = ", ".join(f"{each}=NUMBER" for each in _COSTS)
            raise click.UsageError(f"--costs must be {names}, or some of them") from None
    try:
        return Costs(**given)
    except ObjectiveError as error:
        raise click.UsageError(f"--costs: {error}") from None


def _typed(options: dict[str, Any]) -> dict[str, Any]:
    from models.tuning.objective import Counted, Scope

    counts = options.pop("counts")
    return options | {"scope": Scope(options["scope"]), "counts": Counted(counts) if counts else None}


@click.command()
@_DATA
@_LOG
@click.option("--count", required=True, type=click.IntRange(1, 1_000_000), help="How many texts to pick.")
@click.option("--output", type=_FILE, required=True, help="The rows to label, JSON Lines.")
@click.option(
    "--even",
    default=0.5,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="The share that is drawn evenly of all texts; the rest lies near thresholds.",
)
@click.option("--policy", default="default", show_default=True, help="Whose thresholds: a policy's name or file.")
@click.option("--seed", default=0, show_default=True, help="Draws the even ones.")
@_ROLE
@_LABELS
@_SCORES
@_RESCORE
@FORCE
def sample(
    data: Path | None,
    log: str | None,
    count: int,
    output: Path,
    even: float,
    policy: str,
    seed: int,
    force: bool,
    **options: Any,
) -> None:
    """Pick the texts whose labels would narrow the bounds of `tidegate tune` most.

    DATA is a file as for `tidegate tune`, with or without labels; of its rows those are picked that have none. Fill in
    `labels` of what is written, every category that holds or an empty list, and tune on it with the rest. Of a log ids
    are written, for texts are not in it: find them in your own records, and say what holds by POST /v1/feedback.
    """
    try:
        from models.tuning.sample import sample as pick
        from models.tuning.tuned import TuningError
        from models.tuning.unlabelled import lines
    except ModuleNotFoundError as error:
        raise missing(error, "tune") from None
    settings = load_settings()
    begin = policy_named(policy, settings.policies)
    writable(output, force=force)
    role = Role(options["role"])
    try:
        of = _rows(settings, data, log, options, for_labels=True)
        picked = pick(of.rows, begin, count, even, seed)
        put(output, "".join(lines(picked, of, data, role)))
    except TuningError as error:
        raise ModelError(str(error)) from None
    parts = [sum(each.part == part for each in picked) for part in ("even", "near")]
    click.echo(f"{output}: {len(picked):,} to label, {parts[0]:,} drawn evenly and {parts[1]:,} near thresholds")
