"""`tidegate tune`: a door to models.tuning (extra `tune`)."""

import re
import sys
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console

from models.errors import ModelError
from models.put import put
from service.cli.extras import extra
from service.cli.policy import policy_named
from service.cli.put import FILE, FORCE, writable
from service.cli.scored import DATA, LABELS, LOG, RESCORE, ROLE, SCORES, scored
from service.configuration.loading import load_settings
from taxonomy.policy import Policy
from taxonomy.wording import counted
from taxonomy.written import as_yaml

REFUSED = 3
_NAME = re.compile("[A-Za-z0-9][A-Za-z0-9._-]*")
_COSTS = ("false_alarm", "miss", "review")


@click.command()
@DATA
@LOG
@click.option(
    "--objective",
    required=True,
    help="max_recall@fpr<=1%, min_fpr@recall>=95%, max_f1 or min_cost; after a comma, or alone, what review bands are "
    "to meet: recall>=95%, reviews<=200/day.",
)
@click.option("--confidence", default=0.95, show_default=True, help="That all promises hold, in 0..1.")
@click.option("--policy", default="default", show_default=True, help="What to begin with: a policy's name or file.")
@click.option("--output", type=FILE, required=True, help="The policy to write.")
@click.option("--name", help="The new policy's name. [default: that of --output]")
@click.option("--report", type=FILE, help="Write a page with curves and tables, HTML in one file.")
@click.option("--evaluation", type=FILE, help="Write the curves that the console draws, JSON.")
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
@ROLE
@LABELS
@SCORES
@RESCORE
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
    with extra("tune"):
        from models.tuning import terminal
        from models.tuning.evaluation import evaluation as curves
        from models.tuning.objective import ObjectiveError, parse
        from models.tuning.outcome import policy_file
        from models.tuning.report import report as page
        from models.tuning.tune import tune as run
        from models.tuning.tuned import TuningError
    settings = load_settings()
    begin = policy_named(policy, settings.policies)
    named = _name(name or output.name.partition(".")[0], begin)
    writable(output, report, evaluation, force=force)
    try:
        asked = parse(objective)
        of = scored(settings, data, log, options)
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
        put(evaluation, msgspec.json.encode(curves(of)).decode())
        click.echo(f"{evaluation}: curves of {counted(len(of.rows.roles), 'row')}")
    if found.refused:
        click.echo("nothing that was asked for can be promised: no policy was written", err=True)
        sys.exit(REFUSED)
    put(output, as_yaml(policy_file(found, of, begin, named, objective)))
    click.echo(f"{output}: policy '{named}', over '{begin.name}'")


def _name(name: str, parent: Policy) -> str:
    if name == parent.name:
        raise click.UsageError(
            f"--name: a policy cannot extend itself: give another name than '{name}', and put that one in force with "
            "TIDEGATE_POLICY or for a tenant"
        )
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
