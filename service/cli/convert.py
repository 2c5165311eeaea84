"""`tidegate bundle convert`: a door to models.training.convert (extra `convert`)."""

from pathlib import Path

import click

from models.bundle import SHIPPED
from service.cli.extras import extra


@click.command()
@click.argument("bundle", default=SHIPPED.name)
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Where the new bundle goes.")
@click.option(
    "--precision",
    type=click.Choice(["fp16", "fp32"]),
    default="fp16",
    show_default=True,
    help="fp16 for a GPU, fp32 for one that is slow at it.",
)
@click.option("--name", help="The new bundle's name. [default: BUNDLE's with the precision behind it]")
@click.option("--policy", default="default", show_default=True, help="The shipped policy whose verdicts are counted.")
def convert(**options: object) -> None:
    """Make a bundle for a GPU of BUNDLE, a shipped bundle's name or a folder (default: default).

    What is int8 becomes floats again. The new bundle is held against BUNDLE, and not written where it strays.
    """
    with extra("convert"):
        from models.training.convert.convert import ConvertSettings
        from models.training.convert.convert import convert as run
        from models.training.convert.record import Precision
    options["precision"] = Precision(options["precision"])  # type: ignore[arg-type]
    click.echo(run(ConvertSettings(**options)))  # type: ignore[arg-type]
