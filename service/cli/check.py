"""`tidegate check`."""

import sys
from pathlib import Path

import click

from taxonomy.files import examined


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def check(files: tuple[Path, ...]) -> None:
    """Check taxonomy, crosswalk and policy FILES; exit 1 if any has a problem.

    A policy may extend one that ships or another of the FILES. A review band that does less than it says is warned of.
    """
    problems, warnings = examined(*files)
    for warning in warnings:
        click.echo(str(warning), err=True)
    for problem in problems:
        click.echo(str(problem))
    if problems:
        sys.exit(1)
    click.echo(f"{len(files)} checked, no problems")
