"""From tidegate's int8 graph back to the fp32 parameters that transformers calls by name.

The graph is fused: query, key and value stand in one matrix, and what PyTorch keeps as (out, in) stands as (in, out).
"""

import re
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

Floats = NDArray[np.float32]
# "/bert/encoder/layer.0/output/dense/MatMul_output_0_output_quantized": the module whose product it is.
_MODULE = re.compile(r"/(bert/.+)/MatMul_output_0_output_quantized")


def parameters(graph: onnx.GraphProto) -> dict[str, Floats]:
    """Return the parameters of a BertForSequenceClassification by their names."""
    stored = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    found = {name: value for name, value in stored.items() if name.startswith(("bert.", "classifier."))}
    found = {name: value for name, value in found.items() if value.dtype == np.float32 and not name.endswith("_scale")}
    for name in stored:
        base = name.removesuffix("_quantized")
        if base != name and base.startswith("bert.embeddings."):
            found[base] = _floats(stored, base)
    layer = 0
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            base = node.input[1].removesuffix("_quantized")
            found[_parameter(base, node.output[0])] = _floats(stored, base).T
        elif node.op_type == "QAttention":
            base = node.input[1].removesuffix("_quantized")
            weights, biases = (np.split(each, 3, axis=-1) for each in (_floats(stored, base), stored[node.input[2]]))
            for part, weight, bias in zip(("query", "key", "value"), weights, biases, strict=True):
                module = f"bert.encoder.layer.{layer}.attention.self.{part}"
                found[f"{module}.weight"], found[f"{module}.bias"] = weight.T, bias
            layer += 1
    return found


def sizes(graph: onnx.GraphProto) -> dict[str, Any]:
    """Return what a BertConfig says of the graph's form."""
    shapes = {each.name: tuple(each.dims) for each in graph.initializer}
    attention = [node for node in graph.node if node.op_type == "QAttention"]
    embeddings = next(node for node in graph.node if node.op_type == "QEmbedLayerNormalization")
    words, hidden = shapes["bert.embeddings.word_embeddings.weight_quantized"]
    return {
        "vocab_size": words,
        "hidden_size": hidden,
        "num_hidden_layers": len(attention),
        "num_attention_heads": _attribute(attention[0], "num_heads"),
        "intermediate_size": shapes["bert.encoder.layer.0.intermediate.dense.bias"][0],
        "hidden_act": "gelu",
        "max_position_embeddings": shapes["bert.embeddings.position_embeddings.weight_quantized"][0],
        "type_vocab_size": shapes["bert.embeddings.token_type_embeddings.weight_quantized"][0],
        "layer_norm_eps": _attribute(embeddings, "epsilon"),
    }


def _floats(stored: dict[str, NDArray[Any]], base: str) -> Floats:
    """Return weights as they were before, to a step: scales are one, or one for each column."""
    whole = stored[f"{base}_quantized"].astype(np.float32) - stored[f"{base}_zero_point"].astype(np.float32)
    return whole * stored[f"{base}_scale"]


def _parameter(base: str, product: str) -> str:
    """Return the name of a matrix: it has kept its own, or its product names the module."""
    if base.endswith(".weight"):
        return base
    module = _MODULE.fullmatch(product)
    if module is None:
        raise ValueError(f"no module of a BERT makes {product}")
    return module[1].replace("/", ".") + ".weight"


def _attribute(node: onnx.NodeProto, name: str) -> Any:
    return next(onnx.helper.get_attribute_value(each) for each in node.attribute if each.name == name)
