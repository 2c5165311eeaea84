"""Layer normalisation spelled out in operators that onnxruntime runs on vectors.

    add the bias and the skip -> take the mean off -> divide by the root of the mean square -> scale, shift

On a CPU onnxruntime's own operator, SkipLayerNormalization, adds one number after the other: on a processor with VNNI
(onnxruntime 1.31, batches of about 250 tokens, `python -m tests.bench.limit` shows it by operator) it took 17 to 21 %
of the session's time, and spelled out 7 to 10 %.
"""

from collections.abc import Iterator

import numpy as np
import onnx
from onnx import helper, numpy_helper

from models.training.export.reduction import opset_of, reduction

_FUSED, _DOMAIN = "SkipLayerNormalization", "com.microsoft"
# The same default as the operator's.
_EPSILON = 1e-12
_LAST, _AXIS = -1, "layer_norm_axis"
# The steps' outputs are named after the operator's: by these names put_together finds them again.
_STEPS = "with_bias sum mean centred squares variance above_zero deviation inverse normal scaled".split()


def spell_out(model: onnx.ModelProto) -> int:
    """Replace every SkipLayerNormalization of `model`, in place, and return how many there were.

    Raises ValueError for one whose further outputs (mean, inverse deviation, sum) are used: those are not made here.
    """
    graph = model.graph
    fused = [node for node in graph.node if node.op_type == _FUSED]
    if not fused:
        return 0
    epsilons = {_epsilon(node): f"layer_norm_epsilon_{i}" for i, node in enumerate(fused)}
    opset = opset_of(model)
    graph.initializer.append(numpy_helper.from_array(np.array([_LAST], dtype=np.int64), _AXIS))
    for epsilon, name in epsilons.items():
        graph.initializer.append(numpy_helper.from_array(np.array(epsilon, dtype=np.float32), name))
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        nodes.extend(_steps(node, epsilons[_epsilon(node)], opset) if node.op_type == _FUSED else [node])
    del graph.node[:]
    graph.node.extend(nodes)
    return len(fused)


def put_together(model: onnx.ModelProto) -> int:
    """Undo `spell_out` in place, and return how many layer norms there were; its constants stay behind, unused."""
    graph = model.graph
    made_by = {name: node for node in graph.node for name in node.output}
    constants = {each.name: each for each in graph.initializer}
    # The last step of each, by what it and the operator give.
    last = {out: node for out, node in made_by.items() if f"{out}_scaled" in made_by and f"{out}_above_zero" in made_by}
    steps = {f"{out}_{step}" for out in last for step in _STEPS}
    nodes = [node for node in graph.node if node.output[0] not in steps]
    for i, node in enumerate(nodes):
        if (out := node.output[0]) in last:
            given, skip = made_by[f"{out}_sum"].input
            biased = made_by.get(f"{out}_with_bias")
            inputs = [skip, made_by[f"{out}_scaled"].input[1], node.input[1]]
            inputs = [biased.input[0], *inputs, biased.input[1]] if biased else [given, *inputs]
            epsilon = numpy_helper.to_array(constants[made_by[f"{out}_above_zero"].input[1]])
            nodes[i] = helper.make_node(_FUSED, inputs, [out], name=out, domain=_DOMAIN, epsilon=float(epsilon))
    del graph.node[:]
    graph.node.extend(nodes)
    return len(last)


def _epsilon(node: onnx.NodeProto) -> float:
    return next((each.f for each in node.attribute if each.name == "epsilon"), _EPSILON)


def _steps(node: onnx.NodeProto, epsilon: str, opset: int) -> Iterator[onnx.NodeProto]:
    if any(node.output[1:]):
        raise ValueError(f"{node.name or node.op_type}: only its first output can be spelled out")
    given, skip, scale, shift, *bias = [name for name in node.input if name]
    out = node.output[0]

    def step(kind: str, name: str, *inputs: str) -> onnx.NodeProto:
        return helper.make_node(kind, inputs, [name], name=name)

    def mean(name: str, of: str) -> onnx.NodeProto:
        return reduction("ReduceMean", of, name, (_LAST, _AXIS), opset, keep=True)

    if bias:
        # Next to the product of matrices it belongs to: onnxruntime adds it there.
        yield step("Add", f"{out}_with_bias", given, bias[0])
        given = f"{out}_with_bias"
    yield step("Add", f"{out}_sum", given, skip)
    yield mean(f"{out}_mean", f"{out}_sum")
    yield step("Sub", f"{out}_centred", f"{out}_sum", f"{out}_mean")
    yield step("Mul", f"{out}_squares", f"{out}_centred", f"{out}_centred")
    yield mean(f"{out}_variance", f"{out}_squares")
    yield step("Add", f"{out}_above_zero", f"{out}_variance", epsilon)
    yield step("Sqrt", f"{out}_deviation", f"{out}_above_zero")
    yield step("Reciprocal", f"{out}_inverse", f"{out}_deviation")
    yield step("Mul", f"{out}_normal", f"{out}_centred", f"{out}_inverse")
    yield step("Mul", f"{out}_scaled", f"{out}_normal", scale)
    yield step("Add", out, f"{out}_scaled", shift)
