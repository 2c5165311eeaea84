"""The seam between tidegate and the runtime: a batch of windows in, an array of logits out."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from models.encode import Window
from models.errors import BundleError, DeviceError


class Device(StrEnum):
    """Where the session runs."""

    CPU = "cpu"
    CUDA = "cuda"


_PROVIDERS = {Device.CPU: "CPUExecutionProvider", Device.CUDA: "CUDAExecutionProvider"}
_REMEDY = "install the gpu extra and CUDA, or set TIDEGATE_DEVICE=cpu"


class Backend:
    """An ONNX session. `run` is called by one thread at a time; it blocks for the length of the inference."""

    def __init__(self, model: Path, device: Device, threads: int) -> None:
        """Open the session. Raises DeviceError when the device is missing, BundleError when the model is unusable."""
        provider = _PROVIDERS[device]
        if provider not in onnxruntime.get_available_providers():
            raise DeviceError(
                f"TIDEGATE_DEVICE={device} but onnxruntime here has no {provider}; see docs/guides/gpu.md"
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        # Spinning threads burn the quota of the container between two requests.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(str(model), options, providers=[provider])
        except Exception as error:  # onnxruntime has no common class for these
            raise BundleError(f"{model.name} cannot be loaded: {str(error).splitlines()[0]}") from error
        if self._session.get_providers()[0] != provider:
            # onnxruntime answers a CUDA library it cannot load with a log line and the CPU.
            raise DeviceError(f"TIDEGATE_DEVICE={device} but {provider} did not start: {_REMEDY}")
        self._inputs = {i.name for i in self._session.get_inputs()}
        self.width: int = self._session.get_outputs()[0].shape[1]

    def run(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        """Return the logits, shape (len(windows), outputs), in the order given."""
        longest = max(len(window.ids) for window in windows)
        shape = (len(windows), longest)
        ids, mask, segments = (np.zeros(shape, dtype=np.int64) for _ in range(3))
        for i, window in enumerate(windows):
            n = len(window.ids)
            ids[i, :n] = window.ids
            mask[i, :n] = 1
            segments[i, :n] = window.segments
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": segments}
        logits = self._session.run(None, {name: feed[name] for name in self._inputs})[0]
        return np.asarray(logits, dtype=np.float32)
