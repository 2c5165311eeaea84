"""The nodes that turn a source's logits into our outputs, in the graph and in numpy."""

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, save

from models.outputs import OUTPUTS
from models.training.adopt.head import BOUND, Head
from models.training.adopt.label_map import Activation, LabelMap

pytestmark = pytest.mark.train

LABELS = ("calm", "rude", "vile", "override", "bad")
MEANING = {"rude": "harassment", "vile": "harassment", "override": "jailbreak", "bad": "unsafe"}
FED = {
    "harassment": [1, 2],
    "jailbreak": [3],
    "unsafe": [1, 2, 4],
    "attack": [3],
}
EXTREME = [[0, 0, 0, 0, 0], [100, -100, -100, -100, -100], [-100, 90, 100, -100, 0], [3, 2, 1, 0, -1]]
LOGITS = np.concatenate([EXTREME, np.random.default_rng(2).normal(0, 4, (50, 5))]).astype(np.float32)


def head(activation):
    return Head.of(LabelMap(activation, MEANING), LABELS)


def graph_of(found, folder, opset):
    """Append the outputs to a graph that gives its input as logits, and return a function that runs it."""
    given, logits = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", len(LABELS)]) for name in ("given", "logits")
    )
    graph = helper.make_graph([helper.make_node("Identity", ["given"], ["logits"])], "plain", [given], [logits])
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", opset)])
    save(model, folder / "plain.onnx")
    session = onnxruntime.InferenceSession(found.append_to(folder / "plain.onnx", folder / "ours.onnx"))
    assert [(each.name, each.shape) for each in session.get_outputs()] == [("outputs", ["n", len(OUTPUTS)])]
    return lambda rows: session.run(None, {"given": rows})[0]


@pytest.mark.parametrize("activation", Activation)
@pytest.mark.parametrize("opset", [14, 17, 18, 20])
def test_the_graph_and_numpy_agree(tmp_path, activation, opset):
    found = head(activation)
    run = graph_of(found, tmp_path, opset)
    np.testing.assert_allclose(run(LOGITS), found.outputs(LOGITS), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("activation", Activation)
def test_a_sigmoid_gives_the_sources_probability_back(activation):
    rows = LOGITS.astype(np.float64)
    if activation is Activation.MULTI_LABEL:
        each, together = 1 / (1 + np.exp(-rows)), np.max
    else:
        each, together = np.exp(rows) / np.exp(rows).sum(axis=1, keepdims=True), np.sum
    found = 1 / (1 + np.exp(-head(activation).outputs(LOGITS).astype(np.float64)))
    for name, places in FED.items():
        wanted = together(each[:, places], axis=1)
        np.testing.assert_allclose(found[:, OUTPUTS.index(name)], wanted, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize("activation", Activation)
def test_what_nothing_feeds_is_0_and_said(activation):
    found = head(activation)
    assert found.scored == [name for name in OUTPUTS if name in FED]
    assert found.unscored == tuple(name for name in OUTPUTS if name not in FED)
    rows = found.outputs(LOGITS)
    assert {float(each) for name in found.unscored for each in rows[:, OUTPUTS.index(name)]} == {-BOUND}
    assert np.isfinite(rows).all()
