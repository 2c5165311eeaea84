"""The session: rows in, rows out, on the device that was asked for or on none."""

import os
import subprocess
import sys

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper

from models.backend import Backend, Device
from models.bound import run_bound
from models.bundle import Bundle
from models.encode import Item, Window
from models.errors import BundleError, DeviceError
from models.outputs import OUTPUTS
from taxonomy.categories import Role
from tests.bundles import WORDS


@pytest.fixture(scope="module")
def backend(tiny_bundle):
    return Backend(tiny_bundle / "model.onnx", Device.CPU, threads=1)


@pytest.fixture(scope="module")
def windows(tiny_bundle):
    """Windows of 1 to 32 tokens, in no order of length, some with a context and a few with triggers."""
    words = [*WORDS.split(), "weapon", "hateword"]
    random = np.random.default_rng(3)
    items = []
    for i in range(24):
        text = " ".join(random.choice(words, size=int(random.integers(1, 60))))
        items.append(Item(Role.RESPONSE, text, context="weapon cat") if i % 3 else Item(Role.PROMPT, text))
    encoded = Bundle.open(tiny_bundle).encoder().encode(items)
    return [window for each in encoded for window in each.windows]


def test_a_batch_gives_what_its_windows_give_alone(backend, windows):
    together = backend.run(windows)
    assert together.shape == (len(windows), len(OUTPUTS))
    assert together.dtype == np.float32
    assert len({len(window.ids) for window in windows}) > 5
    alone = np.concatenate([backend.run([window]) for window in windows])
    np.testing.assert_allclose(together, alone, rtol=1e-5, atol=1e-5)


def test_the_order_of_a_batch_is_kept(backend, windows):
    order = np.random.default_rng(5).permutation(len(windows))
    shuffled = backend.run([windows[i] for i in order])
    np.testing.assert_allclose(shuffled, backend.run(windows)[order], rtol=1e-5, atol=1e-5)
    assert not np.allclose(shuffled, backend.run(windows), rtol=1e-5, atol=1e-5)


def test_the_segments_of_a_window_reach_the_model(backend, tiny_bundle):
    item = Item(Role.RESPONSE, "hello", context="weapon")
    (window,) = Bundle.open(tiny_bundle).encoder().encode([item])[0].windows
    flat = Window(window.ids, (0,) * len(window.ids))
    unsafe = OUTPUTS.index("unsafe")
    calm, raised = backend.run([window, flat])[:, unsafe].tolist()
    assert calm < 0 < raised


def test_the_width_is_the_models(backend):
    assert backend.width == len(OUTPUTS)


def test_a_missing_device_is_refused(tiny_bundle, monkeypatch):
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(DeviceError) as caught:
        Backend(tiny_bundle / "model.onnx", Device.CUDA, threads=1)
    assert str(caught.value) == (
        "TIDEGATE_DEVICE=cuda but onnxruntime here has no CUDAExecutionProvider; see docs/guides/gpu.md"
    )


def test_a_device_that_does_not_start_is_refused(tiny_bundle, monkeypatch):
    real = onnxruntime.InferenceSession

    def without_cuda(model, options, providers, **others):
        assert providers == ["CUDAExecutionProvider"]
        return real(model, options, providers=["CPUExecutionProvider"], **others)

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    monkeypatch.setattr(onnxruntime, "InferenceSession", without_cuda)
    with pytest.raises(DeviceError) as caught:
        Backend(tiny_bundle / "model.onnx", Device.CUDA, threads=1)
    assert str(caught.value) == (
        "TIDEGATE_DEVICE=cuda but CUDAExecutionProvider did not start: "
        "install the gpu extra and CUDA, or set TIDEGATE_DEVICE=cpu"
    )


def test_on_a_gpu_inputs_and_logits_are_bound(tiny_bundle, windows, backend, monkeypatch):
    """By the CPU's provider under the other's name: what is bound there gives what is fed."""
    real = onnxruntime.InferenceSession

    class OnCuda(real):
        def __init__(self, model, options, providers, **others):
            super().__init__(model, options, providers=["CPUExecutionProvider"], **others)

        def get_providers(self):
            return ["CUDAExecutionProvider"]

        def run(self, *_):
            pytest.fail("fed, not bound")

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    monkeypatch.setattr(onnxruntime, "InferenceSession", OnCuda)
    on_gpu = Backend(tiny_bundle / "model.onnx", Device.CUDA, threads=2)
    assert on_gpu.beside == 1
    for batch in (windows, windows[:1], windows[3:9]):
        found = on_gpu.run(batch)
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, backend.run(batch))
        np.testing.assert_array_equal(on_gpu.run_beside(batch), found)


def test_logits_that_were_bound_outlive_the_next_batch(tiny_bundle, windows):
    session = onnxruntime.InferenceSession(tiny_bundle / "model.onnx", providers=["CPUExecutionProvider"])
    feeds = [{each.name: np.array([window.ids]) for each in session.get_inputs()} for window in windows[:2]]
    first = run_bound(session, feeds[0])
    before = first.copy()
    assert not np.array_equal(run_bound(session, feeds[1]), before)
    np.testing.assert_array_equal(first, before)


def test_a_device_that_fails_later_is_not_replaced(tiny_bundle, windows, monkeypatch, capsys):
    failure = onnxruntime.capi.onnxruntime_pybind11_state.EPFail
    backend = Backend(tiny_bundle / "model.onnx", Device.CPU, threads=1)

    inner = backend._session._sess

    class Failing:
        def run(self, *_):
            raise failure("the device is gone")

        def __getattr__(self, name):
            return getattr(inner, name)

    monkeypatch.setattr(backend._session, "_sess", Failing())
    with pytest.raises(failure, match="the device is gone"):
        backend.run(windows[:1])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("threads", [1, 2])
def test_the_session_has_the_threads_it_was_given_and_spins_within_a_run_alone(tiny_bundle, threads):
    options = Backend(tiny_bundle / "model.onnx", Device.CPU, threads)._session.get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (threads, 1)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "1"
    assert options.get_session_config_entry("session.force_spinning_stop") == "1"


def signature(path, inputs, shape):
    """Write a model with these inputs (name -> element type) that gives zeros of `shape`."""
    given = [helper.make_tensor_value_info(name, kind, ["n", "t"]) for name, kind in inputs.items()]
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, shape)
    first = next(iter(inputs))
    nodes = [helper.make_node("Cast", [first], ["cast"], to=TensorProto.FLOAT)]
    if len(shape) == 1:
        nodes.append(helper.make_node("ReduceMax", ["cast"], ["logits"], axes=[1], keepdims=0))
    else:
        nodes.append(helper.make_node("Identity", ["cast"], ["logits"]))
    graph = helper.make_graph(nodes, "signature", given, [logits])
    model = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)])
    path.write_bytes(model.SerializeToString())
    return path


INT64, INT32, FLOAT = TensorProto.INT64, TensorProto.INT32, TensorProto.FLOAT
IDS_AND_MASK = {"input_ids": INT64, "attention_mask": INT64}
KNOWN = "known are input_ids, attention_mask, token_type_ids of tensor(int64)"


@pytest.mark.parametrize(
    ("inputs", "shape", "message"),
    [
        ({"input_ids": INT64}, ["n", 4], "has no input attention_mask"),
        ({"attention_mask": INT64}, ["n", 4], "has no input input_ids"),
        (IDS_AND_MASK | {"pixels": INT64}, ["n", 4], f"has an input pixels of tensor(int64); {KNOWN}"),
        (IDS_AND_MASK | {"input_ids": INT32}, ["n", 4], f"has an input input_ids of tensor(int32); {KNOWN}"),
        (IDS_AND_MASK, ["n", "m"], "gives ['n', 'm'], not (windows, a fixed number of logits)"),
        (IDS_AND_MASK, ["n"], "gives ['n'], not (windows, a fixed number of logits)"),
    ],
)
def test_a_model_of_another_shape_is_refused(tmp_path, inputs, shape, message):
    model = signature(tmp_path / "model.onnx", inputs, shape)
    with pytest.raises(BundleError) as caught:
        Backend(model, Device.CPU, threads=1)
    assert str(caught.value) == f"bundle {tmp_path}: model.onnx {message}"


def test_shorter_windows_are_filled_with_the_padding_they_were_trained_with(tmp_path):
    backend = Backend(signature(tmp_path / "model.onnx", IDS_AND_MASK, ["n", 4]), Device.CPU, threads=1, pad_id=9)
    found = backend.run([Window((2, 7, 5, 3), (0,) * 4), Window((2, 3), (0,) * 2)])
    assert found.tolist() == [[2, 7, 5, 3], [2, 3, 9, 9]]


def test_a_model_without_segments_is_served(tmp_path):
    backend = Backend(signature(tmp_path / "model.onnx", IDS_AND_MASK, ["n", 4]), Device.CPU, threads=1)
    assert backend.width == 4
    assert backend.run([Window((2, 7, 9, 3), (0, 0, 0, 0))]).tolist() == [[2.0, 7.0, 9.0, 3.0]]


def test_the_runtime_reports_to_nobody(tiny_bundle, tmp_path):
    """It would keep what it is to send, and an id of this machine, in the user's cache; and not so in CI."""
    program = (
        "import sys; from pathlib import Path; from models.backend import Backend, Device; "
        "Backend(Path(sys.argv[1]), Device.CPU, 1)"
    )
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH")}
    command = [sys.executable, "-c", program, tiny_bundle / "model.onnx"]
    found = subprocess.run(command, env=kept | {"HOME": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")
    assert list(tmp_path.rglob("*")) == []
