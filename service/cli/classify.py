"""`tidegate classify`: verdicts in the terminal, without a server."""

import sys
from collections.abc import Iterator
from typing import IO

import click
import msgspec
from rich.console import Console
from rich.table import Table

from models.bundle import Bundle
from models.calibrate import as_scores
from models.encode import Item
from models.scorer import Scorer
from models.threads import available_threads
from service.policies import Policies
from service.settings import load_settings
from taxonomy.categories import Role
from taxonomy.policy import Action, Policy
from taxonomy.verdict import Scores, Verdict, decide

_STYLE = {Action.ALLOW: "green", Action.FLAG: "yellow", Action.REVIEW: "cyan", Action.BLOCK: "bold red"}
_CHUNK = 64


class Line(msgspec.Struct, frozen=True):
    """One line of input; other keys are let through."""

    text: str
    id: str | int | None = None
    role: Role = Role.TEXT
    context: str | None = None


class Result(msgspec.Struct, frozen=True):
    """One line of JSON output."""

    id: str | int
    role: Role
    verdict: Action
    flagged: bool
    unsafe: float
    attack: float
    categories: dict[str, float]


@click.command()
@click.argument("text")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="prompt", show_default=True)
@click.option("--context", help="The prompt that a response answers.")
@click.option("--policy", help="A shipped policy's name or a policy file; default TIDEGATE_POLICY.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def classify(text: str, role: str, context: str | None, policy: str | None, as_json: bool) -> None:
    """Judge TEXT; with `-`, each line of standard input: a JSON object like an item of /v1/classify.

    Exits 2 when a line cannot be read; the lines before it are answered.
    """
    settings = load_settings()
    rules = Policies(policy or settings.policy).default
    scorer = Scorer(Bundle.open(settings.bundle_folder), settings.device, settings.threads or available_threads())
    show = _print_json if as_json else _print_table
    if text == "-":
        for lines in _chunks(sys.stdin.buffer):
            show(_judge(scorer, lines, rules), rules)
    else:
        show(_judge(scorer, [Line(text, role=Role(role), context=context)], rules), rules)


def _judge(scorer: Scorer, lines: list[Line], policy: Policy) -> list[tuple[Line, Scores, Verdict]]:
    rows = scorer.probabilities([Item(line.role, line.text, line.context) for line in lines])
    scores = [as_scores(row) for row in rows]
    return [(line, each, decide(each, policy, line.role)) for line, each in zip(lines, scores, strict=True)]


def _chunks(stream: IO[bytes]) -> Iterator[list[Line]]:
    """Yield lines by the chunk, numbered where they have no id."""
    chunk: list[Line] = []
    for number, raw in enumerate(stream, 1):
        if not raw.strip():
            continue
        try:
            line = msgspec.json.decode(raw, type=Line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            if chunk:
                yield chunk
            click.echo(f'tidegate: line {number} is not a JSON object with a "text"', err=True)
            sys.exit(2)
        chunk.append(line if line.id is not None else msgspec.structs.replace(line, id=number))
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _print_json(judged: list[tuple[Line, Scores, Verdict]], _policy: Policy) -> None:
    for line, scores, verdict in judged:
        categories = {entry.slug: entry.score for entry in verdict.categories}
        result = Result(
            line.id if line.id is not None else 1,
            line.role,
            verdict.action,
            verdict.flagged,
            scores.unsafe,
            scores.attack,
            categories,
        )
        click.echo(msgspec.json.encode(result))


def _print_table(judged: list[tuple[Line, Scores, Verdict]], policy: Policy) -> None:
    table = Table("id", "role", "verdict", "unsafe", "attack", "why", caption=f"policy {policy.name}")
    for line, scores, verdict in judged:
        why = ", ".join(
            f"{entry.slug} {entry.score:.2f} ({entry.action} at {entry.threshold:.2f})"
            for entry in verdict.categories
            if entry.action is not Action.ALLOW
        )
        style = _STYLE[verdict.action]
        name = str(line.id) if line.id is not None else "-"
        table.add_row(
            name, line.role, f"[{style}]{verdict.action}[/]", f"{scores.unsafe:.2f}", f"{scores.attack:.2f}", why or "-"
        )
    Console().print(table)
