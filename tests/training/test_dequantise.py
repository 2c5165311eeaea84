"""Graphs of other quantisers, and constants that are in no fp16."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.training.convert.dequantise import dequantise
from models.training.convert.half import halved, rounded

pytestmark = pytest.mark.train

WEIGHTS = np.array([[1, -2], [3, 4], [-5, 6]], dtype=np.int8)
STEP = np.array([0.5, 0.25], dtype=np.float32)
PRODUCT = [
    helper.make_node("DynamicQuantizeLinear", ["given"], ["bytes", "step", "zero"]),
    helper.make_node("MatMulInteger", ["bytes", "weight", "zero"], ["whole"]),
    helper.make_node("Cast", ["whole"], ["cast"], to=TensorProto.FLOAT),
    helper.make_node("Mul", ["step", "weight_step"], ["steps"]),
    helper.make_node("Mul", ["cast", "steps"], ["found"]),
]


def graph(nodes, **constants):
    """Return a model from `given`, shape (rows, 3), to `found`, shape (rows, 2)."""
    given, found = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", width])
        for name, width in (("given", 3), ("found", 2))
    )
    values = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    model = helper.make_graph(nodes, "other", [given], [found], values)
    return helper.make_model(model, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])


def constants(model):
    return {each.name: numpy_helper.to_array(each) for each in model.graph.initializer}


def test_weights_by_another_name_and_without_a_zero_point_become_floats():
    model = graph(PRODUCT, weight=WEIGHTS, weight_step=STEP)
    assert dequantise(model) == 2
    onnx.checker.check_model(model, full_check=True)
    (product,) = model.graph.node
    assert (product.op_type, product.input[0]) == ("MatMul", "given")
    np.testing.assert_array_equal(constants(model)[product.input[1]], WEIGHTS * STEP)


def test_weights_alone_may_be_quantised():
    nodes = [
        helper.make_node("DequantizeLinear", ["weight", "weight_step", "weight_zero"], ["floats"], axis=1),
        helper.make_node("MatMul", ["given", "floats"], ["found"]),
    ]
    zero = np.array([1, -1], dtype=np.int8)
    model = graph(nodes, weight=WEIGHTS, weight_step=STEP, weight_zero=zero)
    assert dequantise(model) == 1
    assert [node.op_type for node in model.graph.node] == ["MatMul"]
    np.testing.assert_array_equal(constants(model)["floats"], (WEIGHTS - zero) * STEP)


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        (
            [helper.make_node("DynamicQuantizeLinear", ["given"], ["weight", "weight_step", "z"]), *PRODUCT],
            "weight is no constant",
        ),
        (
            [helper.make_node("Cast", ["given"], ["bytes"], to=TensorProto.UINT8), *PRODUCT[1:]],
            "bytes is not quantised in the graph",
        ),
        ([*PRODUCT[:3], helper.make_node("Mul", ["cast", "step"], ["found"])],
         "DynamicQuantizeLinear, MatMulInteger cannot be turned back into floats"),
    ],
    ids=["a product of two activations", "bytes from elsewhere", "without a scale of the weights"],
)  # fmt: skip
def test_what_is_not_known_is_refused(nodes, message):
    made = {name for node in nodes for name in node.output}
    known = {
        "weight": WEIGHTS,
        "weight_step": STEP,
        "step": np.float32(0.1).reshape(()),
        "zero": np.uint8(3).reshape(()),
    }
    with pytest.raises(ValueError) as refused:  # noqa: PT011  # the message is compared
        dequantise(graph(nodes, **{name: value for name, value in known.items() if name not in made}))
    assert str(refused.value) == message


def test_the_graph_that_rounds_has_the_constants_of_the_one_in_fp16():
    odd = np.array([[1e6, -1e6], [1e-12, -1e-12], [0.1, 0.0]], dtype=np.float32)
    nodes = [
        helper.make_node("MatMul", ["given", "weight"], ["wide"]),
        helper.make_node("Add", ["wide", "one"], ["found"]),
    ]
    model = graph(nodes, weight=odd, one=np.float32(1).reshape(()))
    half, as_half = (constants(made)["weight"] for made in (halved(model), rounded(model)))
    assert (half.dtype, as_half.dtype) == (np.float16, np.float32)
    np.testing.assert_array_equal(half.astype(np.float32), as_half)
    assert (as_half[:2] != 0).all()
    assert np.isfinite(as_half).all()
