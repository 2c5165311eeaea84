"""What a command says when a package of its extra is not installed."""

from models.errors import ModelError


def missing(error: ModuleNotFoundError, extra: str) -> Exception:
    """Return what to say of a package of `extra` that is missing; a module of our own would be a bug."""
    package = (error.name or "").partition(".")[0]
    if package in ("service", "models", "taxonomy"):
        return error
    # Not by its name: no index has tidegate, and somebody else may come to have that name there.
    return ModelError(f"{package} is not installed: in the checkout, python -m pip install --editable '.[{extra}]'")
