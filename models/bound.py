"""A session on a GPU: what goes in is copied there when it is bound, and the logits come back as the last step."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray


def run_bound(session: onnxruntime.InferenceSession, feed: Mapping[str, NDArray[np.int64]]) -> NDArray[Any]:
    """Return the first output for `feed`, input name -> array; blocks for the length of the inference.

    Each call has a binding of its own: windows come in every number and length, so there is none to use again.
    """
    binding = session.io_binding()
    for name, values in feed.items():
        binding.bind_cpu_input(name, values)
    binding.bind_output(session.get_outputs()[0].name)  # on the CPU, in the shape it has
    binding.synchronize_inputs()
    session.run_with_iobinding(binding)
    binding.synchronize_outputs()
    logits: NDArray[Any] = binding.copy_outputs_to_cpu()[0]
    return logits
