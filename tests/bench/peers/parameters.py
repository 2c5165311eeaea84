"""From the floats of tidegate's graph (models.training.convert) to the parameters that transformers calls by name.

The graph is fused: query, key and value stand in one matrix, and what PyTorch keeps as (out, in) stands as (in, out).
"""

import re
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

Floats = NDArray[np.float32]
# "/bert/encoder/layer.0/output/dense/MatMul_output_0": the module whose product it is.
_MODULE = re.compile(r"/(bert/.+)/MatMul_output_0")


def parameters(graph: onnx.GraphProto) -> dict[str, Floats]:
    """Return the parameters of a BertForSequenceClassification by their names."""
    stored = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    found = {name: value for name, value in stored.items() if name.startswith(("bert.", "classifier."))}
    layer = 0
    for node in graph.node:
        if node.op_type == "MatMul":
            found[_parameter(*node.input[1:], node.output[0])] = stored[node.input[1]].T
        elif node.op_type == "Attention":
            weights, biases = (np.split(stored[name], 3, axis=-1) for name in node.input[1:3])
            for part, weight, bias in zip(("query", "key", "value"), weights, biases, strict=True):
                module = f"bert.encoder.layer.{layer}.attention.self.{part}"
                found[f"{module}.weight"], found[f"{module}.bias"] = weight.T, bias
            layer += 1
    return found


def sizes(graph: onnx.GraphProto) -> dict[str, Any]:
    """Return what a BertConfig says of the graph's form."""
    shapes = {each.name: tuple(each.dims) for each in graph.initializer}
    attention = [node for node in graph.node if node.op_type == "Attention"]
    embeddings = next(node for node in graph.node if node.op_type == "EmbedLayerNormalization")
    words, hidden = shapes["bert.embeddings.word_embeddings.weight"]
    return {
        "vocab_size": words,
        "hidden_size": hidden,
        "num_hidden_layers": len(attention),
        "num_attention_heads": _attribute(attention[0], "num_heads"),
        "intermediate_size": shapes["bert.encoder.layer.0.intermediate.dense.bias"][0],
        "hidden_act": "gelu",
        "max_position_embeddings": shapes["bert.embeddings.position_embeddings.weight"][0],
        "type_vocab_size": shapes["bert.embeddings.token_type_embeddings.weight"][0],
        "layer_norm_eps": _attribute(embeddings, "epsilon"),
    }


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
