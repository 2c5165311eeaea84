"""What making a bundle refuses."""

from models.errors import ModelError


class ExportError(ModelError):
    """A bundle cannot be made of what was given; nothing was written."""
