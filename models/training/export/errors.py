"""What making a bundle refuses."""

from models.errors import ModelError


class ExportError(ModelError):
    """A bundle cannot be made of what was given; nothing was written."""


class UnfusedError(ExportError):
    """An attention layer of a BERT was not known to the optimiser; the graph as it was exported is whole."""
