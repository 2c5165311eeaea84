"""Files that a command writes once it knows all that goes into them."""

import os
from pathlib import Path

import click

from models.errors import ModelError

FORCE = click.option("--force", is_flag=True, help="Replace files that are there already.")


def writable(*paths: Path | None, force: bool) -> None:
    """Fail before an hour is spent on what could not be written, or only with `force`. Raises UsageError."""
    for path in paths:
        if path is not None and not (path.parent.is_dir() and os.access(path.parent, os.W_OK)):
            raise click.UsageError(f"{path} cannot be written: there is no folder for it")
        if path is not None and path.exists() and not force:
            raise click.UsageError(f"{path} is there already: name another file, or replace it with --force")


def put(path: Path, text: str) -> None:
    """Write a file that takes the place of the one before once it is whole. Raises ModelError."""
    beside = path.with_name(f".{path.name}.part")
    try:
        beside.write_text(text, "utf-8")
        beside.replace(path)
    except OSError as error:
        raise ModelError(f"{path} cannot be written: {error.strerror}") from None
