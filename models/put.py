"""A file that is there whole, or as it was before."""

from pathlib import Path

from models.errors import ModelError


def put(path: Path, text: str) -> None:
    """Write a file that takes the place of the one before once it is whole. Raises ModelError."""
    try:
        beside(path).write_text(text, "utf-8")
        beside(path).replace(path)
    except OSError as error:
        raise ModelError(f"{path} cannot be written: {error.strerror}") from None


def beside(path: Path) -> Path:
    """Return where a file is written until it is whole; one that was broken off is left there."""
    return path.with_name(f".{path.name}.part")
