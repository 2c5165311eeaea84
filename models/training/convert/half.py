"""A float graph in fp16, and what its arithmetic comes to on a GPU.

A CPU has no fp16 operators: onnxruntime computes them in fp32 there and rounds hardly anything, so that a graph which
overflows on a GPU looks well. What fp16 costs is therefore measured on a graph that rounds in so many words.
"""

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.transformers.float16 import convert_float_to_float16, convert_np_to_float16


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the graph with fp16 weights and activations; inputs and outputs keep their types."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    # Shape inference does not know the fused operators, and nothing here needs it.
    made: onnx.ModelProto = convert_float_to_float16(copy, keep_io_types=True, disable_shape_infer=True)
    return made


def rounded(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the graph in fp32, with its weights and the floats that every operator gives rounded to fp16.

    That is what a GPU computes: inside an operator it adds in fp32. What is beyond the range of fp16 becomes infinite.
    """
    made = onnx.ModelProto()
    made.CopyFrom(model)
    graph = made.graph
    for constant in graph.initializer:
        if constant.data_type == TensorProto.FLOAT:
            constant.CopyFrom(numpy_helper.from_array(_rounded(numpy_helper.to_array(constant)), constant.name))
    floats = _floats(model)
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        nodes.append(node)
        if node.op_type == "Constant":
            for value in (each.t for each in node.attribute if each.t.data_type == TensorProto.FLOAT):
                value.CopyFrom(numpy_helper.from_array(_rounded(numpy_helper.to_array(value))))
            continue
        for i, name in enumerate(node.output):
            if name in floats:
                node.output[i] = f"{name}_exact"
                nodes.append(helper.make_node("Cast", [f"{name}_exact"], [f"{name}_half"], to=TensorProto.FLOAT16))
                nodes.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    del graph.node[:]
    graph.node.extend(nodes)
    return made


def _rounded(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return constants as `halved` stores them: those out of range are at its ends, and none but 0 becomes 0."""
    return np.asarray(convert_np_to_float16(values.reshape(-1)), dtype=np.float32).reshape(values.shape)


def _floats(model: onnx.ModelProto) -> set[str]:
    """Return the names of what the operators give that is fp32; onnxruntime knows, of its own operators too."""
    open_ended = onnx.ModelProto()
    open_ended.CopyFrom(model)
    known = {each.name for each in model.graph.output}
    names = (name for node in model.graph.node for name in node.output if name and name not in known)
    open_ended.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    session = onnxruntime.InferenceSession(open_ended.SerializeToString(), providers=["CPUExecutionProvider"])
    return {each.name for each in session.get_outputs() if each.type == "tensor(float)"}
