"""Layer norms spelled out give what onnxruntime's own operator gives."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.training.export.layer_norm import put_together, spell_out

pytestmark = pytest.mark.train
WIDTH = 48
INPUTS = ("given", "skip")


def model(bias: bool, opset: int, epsilon: float | None = 1e-6, outputs=("out",)) -> onnx.ModelProto:
    rng = np.random.default_rng(5)
    weights = {name: rng.normal(size=WIDTH).astype(np.float32) for name in ("scale", "shift", "bias")}
    names = [*INPUTS, "scale", "shift", *(["bias"] if bias else [])]
    attributes = {} if epsilon is None else {"epsilon": epsilon}
    node = helper.make_node("SkipLayerNormalization", names, list(outputs), domain="com.microsoft", **attributes)
    shape = ["rows", "tokens", WIDTH]
    graph = helper.make_graph(
        [node],
        "one",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in INPUTS],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(value, name) for name, value in weights.items() if name in names],
    )
    versions = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=versions, ir_version=8)


def run(proto: onnx.ModelProto, *values: np.ndarray) -> np.ndarray:
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, dict(zip(INPUTS, values, strict=True)))[0]


@pytest.mark.parametrize("opset", [14, 18])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("epsilon", [1e-12, 0.5, None])
def test_spelled_out_it_gives_the_same(bias, opset, epsilon):
    values = [np.random.default_rng(i).normal(3, 2, (3, 7, WIDTH)).astype(np.float32) for i in range(2)]
    fused, plain = model(bias, opset, epsilon), model(bias, opset, epsilon)
    assert spell_out(plain) == 1
    assert "SkipLayerNormalization" not in {node.op_type for node in plain.graph.node}
    np.testing.assert_allclose(run(plain, *values), run(fused, *values), atol=2e-5)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("epsilon", [1e-12, 0.5, None])
def test_put_together_again_it_is_the_operator_it_was(bias, epsilon):
    fused, plain = model(bias, 18, epsilon), model(bias, 18, epsilon)
    spell_out(plain)
    assert put_together(plain) == 1
    (node,), (before,) = plain.graph.node, fused.graph.node
    assert (node.op_type, node.domain) == (before.op_type, before.domain)
    assert (list(node.input), list(node.output)) == (list(before.input), list(before.output))
    assert node.attribute[0].f == np.float32(1e-12 if epsilon is None else epsilon)


def test_what_was_not_spelled_out_is_not_put_together():
    fused = model(bias=True, opset=18)
    before = fused.SerializeToString()
    assert put_together(fused) == 0
    assert fused.SerializeToString() == before


def test_a_row_without_spread_is_no_division_by_zero():
    plain = model(bias=False, opset=18, epsilon=1e-12)
    spell_out(plain)
    same = np.full((1, 1, WIDTH), 2.0, np.float32)
    shift = numpy_helper.to_array(next(each for each in plain.graph.initializer if each.name == "shift"))
    np.testing.assert_allclose(run(plain, same, same)[0, 0], shift, atol=1e-6)


def test_a_model_without_any_stays_as_it_is():
    plain = model(bias=True, opset=18)
    spell_out(plain)
    before = plain.SerializeToString()
    assert spell_out(plain) == 0
    assert plain.SerializeToString() == before


def test_further_outputs_are_refused():
    with pytest.raises(ValueError, match="only its first output can be spelled out"):
        spell_out(model(bias=True, opset=18, outputs=("out", "", "", "sum")))
