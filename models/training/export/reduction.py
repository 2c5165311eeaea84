"""Reductions over one axis, as every version of ONNX writes them."""

import onnx
from onnx import helper

_AXES_AS_INPUT = 18


def opset_of(model: onnx.ModelProto) -> int:
    """Return the version of ONNX's own operators that a model asks for."""
    version: int = next(each.version for each in model.opset_import if each.domain in ("", "ai.onnx"))
    return version


def reduction(kind: str, given: str, found: str, axis: tuple[int, str], opset: int, *, keep: bool) -> onnx.NodeProto:
    """Return the node that reduces `given` over one axis; `axis` is its number, and a constant of the graph with it."""
    number, constant = axis
    if opset >= _AXES_AS_INPUT:
        return helper.make_node(kind, [given, constant], [found], keepdims=int(keep))
    return helper.make_node(kind, [given], [found], axes=[number], keepdims=int(keep))
