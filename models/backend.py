"""The seam between tidegate and the runtime: a batch of windows in, an array of logits out."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models.bound import run_bound
from models.encode import Window
from models.errors import BundleError, DeviceError, first_line


class Device(StrEnum):
    """Where the session runs."""

    CPU = "cpu"
    CUDA = "cuda"


_PROVIDERS = {Device.CPU: "CPUExecutionProvider", Device.CUDA: "CUDAExecutionProvider"}
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_REMEDY = "install the gpu extra and CUDA, or set TIDEGATE_DEVICE=cpu"


class Backend:
    """An ONNX session, on a CPU with several threads two: one batch is done soonest by all threads, many by one each.

    `run` is called by one thread at a time, `run_beside` by at most `beside` at once; both block for the length of the
    inference. Measured with two threads, one batch after the other against two at once (tests/bench/threads.py): of
    texts of 24 tokens, one a batch, two at once score 1.5 times as many, of 140 tokens 1.2; of batches of 240 to 1,000
    tokens 0.94 to 1.1.
    """

    def __init__(self, model: Path, device: Device, threads: int, pad_id: int = 0) -> None:
        """Open the session; `pad_id` fills the shorter windows of a batch.

        Raises DeviceError when the device is missing, BundleError when the model is unusable.
        """
        provider = _PROVIDERS[device]
        if provider not in onnxruntime.get_available_providers():
            raise DeviceError(
                f"TIDEGATE_DEVICE={device} but onnxruntime here has no {provider}; see docs/guides/gpu.md"
            )
        self._session = _session(model, device, provider, threads)
        self.beside = threads if device is Device.CPU else 1
        self._narrow = _session(model, device, provider, 1) if self.beside > 1 else self._session
        self._score = run_bound if device is Device.CUDA else _run
        self._inputs = _checked_inputs(self._session, model)
        self._pad_id = pad_id
        self.width = _checked_width(self._session, model)

    def run(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        """Return the logits, shape (len(windows), outputs), in the order given. There must be a window."""
        return self._run(self._session, windows)

    def run_beside(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        """Return what `run` returns, on the calling thread alone."""
        return self._run(self._narrow, windows)

    def _run(self, session: onnxruntime.InferenceSession, windows: Sequence[Window]) -> NDArray[np.float32]:
        longest = max(len(window.ids) for window in windows)
        shape = (len(windows), longest)
        ids = np.full(shape, self._pad_id, dtype=np.int64)
        mask, segments = (np.zeros(shape, dtype=np.int64) for _ in range(2))
        for i, window in enumerate(windows):
            n = len(window.ids)
            ids[i, :n] = window.ids
            mask[i, :n] = 1
            segments[i, :n] = window.segments
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": segments}
        logits = self._score(session, {name: feed[name] for name in self._inputs})
        return np.asarray(logits, dtype=np.float32)


def _run(session: onnxruntime.InferenceSession, feed: Mapping[str, NDArray[np.int64]]) -> NDArray[Any]:
    logits: NDArray[Any] = session.run(None, feed)[0]
    return logits


def _session(model: Path, device: Device, provider: str, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    # Within a run a thread that waits for the others spins, for waking it takes as long as its share of an operator;
    # behind the run it sleeps, else it would burn the quota of the container between two requests.
    options.add_session_config_entry("session.intra_op.allow_spinning", "1")
    options.add_session_config_entry("session.force_spinning_stop", "1")
    try:
        # The fallback would answer a failing GPU with the CPU and a line on stdout, at any later run too.
        session = onnxruntime.InferenceSession(str(model), options, providers=[provider], enable_fallback=False)
    except Exception as error:  # onnxruntime has no one class for these
        raise BundleError(f"bundle {model.parent}: {model.name} cannot be loaded: {first_line(error)}") from error
    if session.get_providers()[0] != provider:
        # onnxruntime answers a CUDA library it cannot load with a log line and the CPU.
        raise DeviceError(f"TIDEGATE_DEVICE={device} but {provider} did not start: {_REMEDY}")
    return session


def _checked_inputs(session: onnxruntime.InferenceSession, model: Path) -> tuple[str, ...]:
    """Return the names of the inputs. Without a mask, a window's logits would depend on its neighbours' length."""
    found = {each.name: each.type for each in session.get_inputs()}
    for name in _INPUTS[:2]:
        if name not in found:
            raise BundleError(f"bundle {model.parent}: {model.name} has no input {name}")
    for name, kind in found.items():
        if name not in _INPUTS or kind != "tensor(int64)":
            raise BundleError(
                f"bundle {model.parent}: {model.name} has an input {name} of {kind}; "
                f"known are {', '.join(_INPUTS)} of tensor(int64)"
            )
    return tuple(found)


def _checked_width(session: onnxruntime.InferenceSession, model: Path) -> int:
    shape = session.get_outputs()[0].shape
    if len(shape) != 2 or not isinstance(shape[1], int):
        raise BundleError(f"bundle {model.parent}: {model.name} gives {shape}, not (windows, a fixed number of logits)")
    return shape[1]
