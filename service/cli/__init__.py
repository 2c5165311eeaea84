"""The `tidegate` command. Each command is a module; training ones import their packages only when called."""

import sys

import click

from models.errors import ModelError
from service.cli.bundle import bundle
from service.cli.check import check
from service.cli.classify import classify
from service.cli.decisions import decisions
from service.cli.export import export
from service.cli.keys import KeysError, keys
from service.cli.replay import replay
from service.cli.sample import sample
from service.cli.serve import serve
from service.cli.training import crossvalidate, evaluate, propose, train
from service.cli.tune import tune
from service.configuration.settings import SettingsError
from service.version import VERSION


class OneLineErrors(click.Group):
    """A group that answers expected errors with one line instead of a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; exit 1 with the message of an expected error."""
        try:
            return super().invoke(ctx)
        except (ModelError, SettingsError, KeysError) as error:
            click.echo(f"tidegate: {error}", err=True)
            sys.exit(1)


@click.group(cls=OneLineErrors, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="tidegate")
def main() -> None:
    """Judge prompts, responses and documents with a model and a policy of your own."""


for command in (
    serve,
    classify,
    check,
    keys,
    bundle,
    train,
    export,
    crossvalidate,
    evaluate,
    propose,
    tune,
    sample,
    replay,
    decisions,
):
    main.add_command(command)
