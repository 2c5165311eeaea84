"""docs/reference/cli.md: what `--help` says of every command."""

from collections.abc import Iterable

import click

from service.cli import main as tidegate

_COLUMNS = 100  # of help texts


def page() -> str:
    """Return the page."""
    return "\n\n".join(["# The command line", *_help(tidegate, ())])


def _help(command: click.Command, path: tuple[str, ...]) -> Iterable[str]:
    name = " ".join(("tidegate", *path))
    context = click.Context(command, info_name=name, terminal_width=_COLUMNS, **tidegate.context_settings)
    yield f"## `{name}`\n\n```text\n{command.get_help(context)}\n```"
    if isinstance(command, click.Group):
        for child, each in command.commands.items():
            yield from _help(each, (*path, child))
