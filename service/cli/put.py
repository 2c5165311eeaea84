"""Files that a command writes once it knows all that goes into them."""

from pathlib import Path

import click

from models.put import beside

FILE = click.Path(path_type=Path, dir_okay=False)
FORCE = click.option("--force", is_flag=True, help="Replace files that are there already.")


def writable(*paths: Path | None, force: bool) -> None:
    """Fail before an hour is spent on what could not be written, or only with `force`. Raises UsageError."""
    for path in paths:
        if path is None:
            continue
        try:
            if path.is_dir():
                raise IsADirectoryError(None, "Is a directory")
            there = path.exists()
            if there and not path.is_file():  # /dev/null: what is put there would take its place for everybody
                raise OSError(None, "Not a regular file")
            beside(path).touch()
            beside(path).unlink()
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise click.UsageError(f"{path} cannot be written: {why}") from None
        if there and not force:
            raise click.UsageError(f"{path} is there already: name another file, or replace it with --force")
