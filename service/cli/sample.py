"""`tidegate sample`: a door to models.tuning (extra `tune`)."""

from pathlib import Path
from typing import Any

import click

from models.errors import ModelError
from models.put import put
from service.cli.extras import extra
from service.cli.policy import policy_named
from service.cli.put import FILE, FORCE, writable
from service.cli.scored import DATA, LABELS, LOG, RESCORE, ROLE, SCORES, scored
from service.configuration.loading import load_settings
from taxonomy.categories import Role


@click.command()
@DATA
@LOG
@click.option("--count", required=True, type=click.IntRange(1, 1_000_000), help="How many texts to pick.")
@click.option("--output", type=FILE, required=True, help="The rows to label, JSON Lines.")
@click.option(
    "--even",
    default=0.5,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="The share that is drawn evenly of all texts; the rest lies near thresholds.",
)
@click.option("--policy", default="default", show_default=True, help="Whose thresholds: a policy's name or file.")
@click.option("--seed", default=0, show_default=True, help="Draws the even ones.")
@ROLE
@LABELS
@SCORES
@RESCORE
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
    with extra("tune"):
        from models.tuning.sample import sample as pick
        from models.tuning.tuned import TuningError
        from models.tuning.unlabelled import lines
    settings = load_settings()
    begin = policy_named(policy, settings.policies)
    writable(output, force=force)
    role = Role(options["role"])
    try:
        of = scored(settings, data, log, options, for_labels=True)
        picked = pick(of.rows, begin, count, even, seed)
        put(output, "".join(lines(picked, of, data, role)))
    except TuningError as error:
        raise ModelError(str(error)) from None
    parts = [sum(each.part == part for each in picked) for part in ("even", "near")]
    click.echo(f"{output}: {len(picked):,} to label, {parts[0]:,} drawn evenly and {parts[1]:,} near thresholds")
