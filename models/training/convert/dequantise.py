"""From an int8 graph back to the float graph it was made of, to a step of its weights.

    QEmbedLayerNormalization                        -> EmbedLayerNormalization
    DynamicQuantizeLinear, QAttention               -> Attention
    DynamicQuantizeLinear, MatMulInteger, Cast, Mul -> MatMul
    Gather, DequantizeLinear                        -> Gather

Activations are floats again; the weights are what the int8 ones stand for, (stored - zero point) * scale.
"""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

# What quantize_dynamic of onnxruntime writes, and nothing that is left may compute in.
INTEGER = {
    "ConvInteger", "DequantizeLinear", "DynamicQuantizeLSTM", "DynamicQuantizeLinear", "DynamicQuantizeMatMul",
    "MatMulInteger", "MatMulIntegerToFloat", "QAttention", "QEmbedLayerNormalization", "QGemm", "QuantizeLinear",
}  # fmt: skip
_TABLES = 5  # of an embedding: words, positions, segments, and the scale and shift of its layer norm


def dequantise(model: onnx.ModelProto) -> int:
    """Replace every int8 operator of `model`, in place, and return how many there were.

    Raises ValueError naming the operators that are not known here, and for a graph with other graphs in it.
    """
    if nested := sorted({node.op_type for node in model.graph.node for each in node.attribute if each.HasField("g")}):
        raise ValueError(f"{', '.join(nested)} cannot be converted: it has graphs of its own")
    there = sum(node.op_type in INTEGER for node in model.graph.node)
    found = _Graph(model.graph)
    _keep_what_is_used(model.graph, [found.floating(node) or node for node in model.graph.node])
    if left := sorted({node.op_type for node in model.graph.node} & INTEGER):
        raise ValueError(f"{', '.join(left)} cannot be turned back into floats")
    return there


class _Graph:
    """The constants of a graph, and who makes what in it."""

    def __init__(self, graph: onnx.GraphProto) -> None:
        self._graph = graph
        self._constants = {each.name: each for each in graph.initializer}
        self._made_by = {name: node for node in graph.node for name in node.output}

    def floating(self, node: onnx.NodeProto) -> onnx.NodeProto | None:
        """Return the float operator for an int8 one: for the last of several, and None for all others."""
        if node.op_type == "QEmbedLayerNormalization":
            ids, segments, *first, mask = _inputs(node, 3 + _TABLES)
            scales, zeros = (_inputs(node, 18)[begin : begin + _TABLES] for begin in (8, 13))
            tables = [self._floats(*each) if each[0] else "" for each in zip(first, scales, zeros, strict=True)]
            return _like(node, "EmbedLayerNormalization", [ids, segments, *tables, mask])
        if node.op_type == "QAttention":
            given, weight, bias, _, scale, mask, _, zero, past = _inputs(node, 9)
            if not past:
                return _like(node, "Attention", [self._source(given), self._floats(weight, scale, zero), bias, mask])
        if node.op_type == "DequantizeLinear" and len(node.input) == 3:
            given, scale, zero = node.input
            if given in self._constants:
                self._floats(given, scale, zero, node.output[0])
                return None
            rows = self._made_by.get(given)
            if rows is not None and rows.op_type == "Gather" and rows.input[0] in self._constants:
                table = self._floats(rows.input[0], scale, zero)
                return _like(rows, "Gather", [table, rows.input[1]], list(node.output))
        if node.op_type == "Mul":
            return self._product(node)
        return None

    def _product(self, node: onnx.NodeProto) -> onnx.NodeProto | None:
        """Return the MatMul whose integer product this node scales, if it does."""
        cast, scales = (self._made_by.get(name) for name in node.input)
        product = self._made_by.get(cast.input[0]) if cast is not None and cast.op_type == "Cast" else None
        if product is None or product.op_type != "MatMulInteger" or scales is None or scales.op_type != "Mul":
            return None
        given, weight, _, zero = _inputs(product, 4)
        floats = self._floats(weight, scales.input[1], zero)
        return helper.make_node("MatMul", [self._source(given), floats], list(node.output), name=product.name)

    def _source(self, quantised: str) -> str:
        """Return the floats that were quantised."""
        made = self._made_by.get(quantised)
        if made is None or made.op_type not in ("DynamicQuantizeLinear", "QuantizeLinear"):
            raise ValueError(f"{quantised} is not quantised in the graph")
        name: str = made.input[0]
        return name

    def _floats(self, stored: str, scale: str, zero: str, name: str = "") -> str:
        """Put the floats that weights stand for among the constants, and return their name."""
        name = name or stored.removesuffix("_quantized")
        if name == stored:
            name = f"{stored}_float"
        if name not in self._constants:
            values, step = self._array(stored), self._array(scale)
            offset = self._array(zero) if zero else np.zeros((), values.dtype)
            if step.size > 1 and step.size != values.shape[-1]:
                raise ValueError(f"{stored} has {step.size} scales for {values.shape[-1]} columns")
            floats = (values.astype(np.float32) - offset.astype(np.float32)) * step
            self._constants[name] = numpy_helper.from_array(floats.astype(np.float32), name)
            self._graph.initializer.append(self._constants[name])
        return name

    def _array(self, name: str) -> NDArray[Any]:
        if name not in self._constants:
            raise ValueError(f"{name} is no constant")
        return numpy_helper.to_array(self._constants[name])


def _inputs(node: onnx.NodeProto, count: int) -> list[str]:
    """Return the first inputs of a node, "" for those that it leaves out."""
    return [*node.input, *[""] * count][:count]


def _like(node: onnx.NodeProto, kind: str, inputs: list[str], outputs: list[str] | None = None) -> onnx.NodeProto:
    """Return a node of another kind with the attributes, and unless given the outputs, of `node`."""
    made = helper.make_node(kind, inputs, outputs or list(node.output), name=node.name, domain=node.domain)
    made.attribute.extend(node.attribute)
    return made


def _keep_what_is_used(graph: onnx.GraphProto, nodes: list[onnx.NodeProto]) -> None:
    """Give the graph those of the nodes, in order, and of its constants, that its outputs need.

    A node whose output has become a constant is not needed.
    """
    wanted = {each.name for each in graph.output}
    known = {each.name for each in graph.initializer}
    kept: list[onnx.NodeProto] = []
    for node in reversed(nodes):
        if wanted.intersection(node.output) - known:
            kept.append(node)
            wanted.update(node.input)
    constants = [each for each in graph.initializer if each.name in wanted]
    del graph.node[:], graph.initializer[:], graph.value_info[:]
    graph.node.extend(reversed(kept))
    graph.initializer.extend(constants)
