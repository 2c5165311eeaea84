"""A graph that is one file, as a bundle's is."""

from pathlib import Path

import onnx
from onnx.external_data_helper import uses_external_data

from models.training.export.errors import ExportError


def refuse_several_files(model: Path, what: str) -> None:
    """Raise ExportError, of `what`, where a graph keeps weights in files beside it: above 2 GB it has to."""
    graph = onnx.load(model, load_external_data=False).graph
    if any(uses_external_data(each) for each in graph.initializer):
        raise ExportError(
            f"{what}: the graph keeps weights in other files, as one above 2 GB has to; a bundle's is one file"
        )
