"""A file that is there whole, or as it was before."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from models.errors import ModelError


def put(path: Path, text: str) -> None:
    """Write a file that takes the place of the one before once it is whole. Raises ModelError."""
    try:
        with replacing(path) as out:
            out.write(text.encode())
    except OSError as error:
        raise ModelError(f"{path} cannot be written: {error.strerror}") from None


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open what takes the place of a file once it is whole. Raises OSError."""
    with beside(path).open("wb") as out:
        yield out
    beside(path).replace(path)


def beside(path: Path) -> Path:
    """Return where a file is written until it is whole; one that was broken off is left there."""
    return path.with_name(f".{path.name}.part")
