"""Everything that defines a score: normalising, encoding, the ONNX session, bundles and calibration.

`models.training` (the `train` extra) makes bundles with the same code that serves them. Nothing outside it
imports torch, transformers or optimum.
"""

import os

# onnxruntime reports sessions and run times to Microsoft (seen in 1.31.1), unless this is set before it is imported:
# its own switch for it comes after the first report. What is served here is nobody else's business.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
