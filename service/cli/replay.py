"""`tidegate replay`: a door to models.tuning (extra `tune`)."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from models.put import put
from service.cli.extras import extra
from service.cli.logs import log_from
from service.cli.past import past_policies
from service.cli.policy import policy_named
from service.cli.put import writable
from service.configuration.loading import load_settings
from taxonomy.document import DocumentError
from taxonomy.files import load_policy, shipped_policies
from taxonomy.policy import Policy

_OUT = click.Path(path_type=Path, dir_okay=False, allow_dash=True)
_STDOUT = Path("-")
_TIME = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])


@click.command()
@click.option("--log", "place", required=True, help="The decision log: a file, a folder of files, a Redis URL.")
@click.option("--policy", required=True, help="The policy to try: its name or file.")
@click.option("--against", help="Compare with this policy. [default: with the verdicts on record]")
@click.option("--since", type=_TIME, help="Only decisions from this time on, in UTC.")
@click.option("--until", type=_TIME, help="Only decisions before this time, in UTC.")
@click.option("--tenant", help="Only decisions of this tenant.")
@click.option("--under", help="Only decisions made under the policy of this name.")
@click.option("--model", help="Only decisions of the model whose digest begins so. [default: the latest decision's]")
@click.option(
    "--by",
    multiple=True,
    type=click.Choice(["tenant", "role", "policy", "language"]),
    default=["tenant"],
    show_default=True,
    help="Count for each of these, too; may be repeated.",
)
@click.option(
    "--confidence",
    default=0.95,
    show_default=True,
    type=click.FloatRange(0.5, 0.9999),
    help="Of the intervals.",
)
@click.option("--json", "target", type=_OUT, help="Write it as JSON.")
def replay(
    place: str,
    policy: str,
    against: str | None,
    since: datetime | None,
    until: datetime | None,
    by: tuple[str, ...],
    confidence: float,
    target: Path | None,
    **only: str | None,
) -> None:
    """Say what another policy would have decided on the texts of a decision log.

    Nothing is scored: the log holds the scores. Every share has an interval, in which it lies in traffic like this.
    What each category did is known of decisions whose policy is at hand: one that ships, one of TIDEGATE_POLICIES or
    TIDEGATE_POLICY, or a version saved in TIDEGATE_STATE.
    """
    with extra("tune"):
        from models.tuning.log import read
        from models.tuning.replay import Asked
        from models.tuning.replay import replay as run
        from models.tuning.shown import show
    if target != _STDOUT:
        writable(target, force=True)
    settings = load_settings()
    candidate = _policy(policy, settings.policies, "--policy")
    baseline = _policy(against, settings.policies, "--against") if against else None
    asked = Asked(since=_milliseconds(since), until=_milliseconds(until), **only)
    known, wrong = past_policies(settings)
    if wrong and not against:
        click.echo(f"policies that were saved cannot be read: {wrong}", err=True)
    found = run(
        read(log_from(place)),
        candidate,
        against=baseline,
        known=(candidate, *known),
        asked=asked,
        by=by,  # type: ignore[arg-type]
        confidence=confidence,
    )
    text = msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"
    if target == _STDOUT:
        click.echo(text, nl=False)
        return
    if target:
        put(target, text)
    show(found)


def _policy(given: str, folder: str, option: str) -> Policy:
    """Return a policy by name or file. A file may be an edited copy of one in the folder, under the same name."""
    path = Path(given)
    if given in shipped_policies() or not path.is_file():
        return policy_named(given, folder, option)
    try:
        return load_policy(path)
    except DocumentError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def _milliseconds(time: datetime | None) -> int | None:
    if time is None:
        return None
    return round(1000 * (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())
