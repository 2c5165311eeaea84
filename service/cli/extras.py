"""What a command says when a package of its extra is not installed."""

from collections.abc import Iterator
from contextlib import contextmanager

from models.errors import ModelError


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Import inside what needs the packages of an extra. Raises ModelError for one that is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("service", "models", "taxonomy"):
            raise  # a module of our own that is missing is a bug
        # Not by its name: no index has tidegate, and somebody else may come to have that name there.
        words = f"{package} is not installed: in the checkout, python -m pip install --editable '.[{name}]'"
        raise ModelError(words) from None
