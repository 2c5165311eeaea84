"""`tidegate classify`: verdicts in the terminal, without a server."""

import sys
from collections.abc import Iterator
from typing import IO, TypeAlias

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from models.bundle import Bundle
from models.calibrate import as_scores
from models.encode import Item
from models.scorer import Probable, Scorer
from models.threads import available_threads
from service.cli.policy import policy_named
from service.configuration.loading import load_settings
from service.errors import BadRequest
from service.judge import view_of
from service.policies.policies import Policies
from service.wire.decode import decode
from taxonomy.categories import Role
from taxonomy.policy import Action, Policy
from taxonomy.verdict import CategoryVerdict, Scores, Verdict, decide
from taxonomy.wording import one_line

_STYLE = {Action.ALLOW: "green", Action.FLAG: "yellow", Action.REVIEW: "cyan", Action.BLOCK: "bold red"}
_CHUNK = 64
_LINE = '; a line is a JSON object such as {"text": "..."}'


class Line(msgspec.Struct, frozen=True):
    """One line of input; other keys are let through."""

    text: str
    id: str | int | None = None
    role: Role | None = None
    context: str | None = None


class Result(msgspec.Struct, frozen=True):
    """One line of JSON output. `views` names, for each category that acts on a disguised text, the disguise.

    `language` is "" where it cannot be told; `supported` says whether the model has learned it.
    """

    id: str | int
    role: Role
    verdict: Action
    flagged: bool
    unsafe: float
    attack: float
    categories: dict[str, float]
    views: dict[str, str]
    language: str
    supported: bool


_Named: TypeAlias = tuple[str | int, Item]
_Judged: TypeAlias = tuple[str | int, Item, Scores, Verdict, dict[str, str], Probable]
_DECODER = msgspec.json.Decoder(Line)


@click.command()
@click.argument("text")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    help="What TEXT is, and a line that does not say. [default: prompt for TEXT, text for lines]",
)
@click.option("--context", help="The prompt that TEXT, a response, answers.")
@click.option("--policy", help="A policy's name or a policy file; default TIDEGATE_POLICY.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def classify(text: str, role: str | None, context: str | None, policy: str | None, as_json: bool) -> None:
    """Judge TEXT; with `-`, each line of standard input: a JSON object like an item of /v1/classify.

    Exits 2 when a line cannot be read; the lines before it are answered.
    """
    if context is not None and (text == "-" or role != Role.RESPONSE):
        raise click.UsageError("--context goes with a TEXT and --role response")
    settings = load_settings()
    rules = policy_named(policy, settings.policies) if policy else Policies(settings.policy, settings.policies).default
    scorer = Scorer(Bundle.open(settings.bundle_folder), settings.device, settings.threads or available_threads())
    show = _print_json if as_json else _print_table
    if text == "-":
        for lines in _chunks(sys.stdin.buffer, Role(role or Role.TEXT)):
            show(_judge(scorer, lines, rules), rules)
    else:
        show(_judge(scorer, [(1, Item(Role(role or Role.PROMPT), text, context))], rules), rules)


def _judge(scorer: Scorer, named: list[_Named], policy: Policy) -> list[_Judged]:
    out: list[_Judged] = []
    for (name, item), scored in zip(named, scorer.score([item for _, item in named]), strict=True):
        scores = as_scores(scored.probabilities)
        verdict = decide(scores, policy, item.role, supported=scored.supported)
        views = {entry.slug: view for entry in verdict.categories if (view := view_of(entry, scored.views))}
        out.append((name, item, scores, verdict, views, scored))
    return out


def _chunks(stream: IO[bytes], role: Role) -> Iterator[list[_Named]]:
    """Yield items by the chunk, named by their line's number where they have no id; exit 2 at a bad line."""
    chunk: list[_Named] = []
    for number, raw in enumerate(stream, 1):
        if not raw.strip():
            continue
        try:
            chunk.append(_item(raw, number, role))
        except BadRequest as error:
            if chunk:
                yield chunk
            hint = "" if error.field else _LINE
            click.echo(f"tidegate: line {number}: {error.detail.replace('the body', 'it')}{hint}", err=True)
            sys.exit(2)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _item(raw: bytes, number: int, role: Role) -> _Named:
    line = decode(raw, _DECODER)
    item = Item(line.role or role, line.text, line.context)
    if item.context is not None and item.role is not Role.RESPONSE:
        raise BadRequest("only a response has a context", "context")
    return number if line.id is None else line.id, item


def _seen_in(entry: CategoryVerdict, views: dict[str, str]) -> str:
    return f", seen through {views[entry.slug]}" if entry.slug in views else ""


def _print_json(judged: list[_Judged], _policy: Policy) -> None:
    for name, item, scores, verdict, views, scored in judged:
        categories = {entry.slug: entry.score for entry in verdict.categories}
        head = (name, item.role, verdict.action, verdict.flagged, scores.unsafe, scores.attack)
        click.echo(msgspec.json.encode(Result(*head, categories, views, scored.language, scored.supported)))


def _print_table(judged: list[_Judged], policy: Policy) -> None:
    table = Table("id", "role", "verdict", "unsafe", "attack", "why", caption=f"policy {policy.name}")
    for name, item, scores, verdict, views, scored in judged:
        why = [] if scored.supported else [f"language {scored.language} was not learned"]
        why += [
            f"{entry.slug} {entry.score:.2f} ({entry.action} at {entry.threshold:.2f}{_seen_in(entry, views)})"
            for entry in verdict.categories
            if entry.action is not Action.ALLOW
        ]
        table.add_row(
            Text(one_line(str(name))),  # an id is the caller's: in plain text it cannot act on the terminal
            item.role,
            Text(verdict.action, _STYLE[verdict.action]),
            f"{scores.unsafe:.2f}",
            f"{scores.attack:.2f}",
            ", ".join(why) or "-",
        )
    Console().print(table)
