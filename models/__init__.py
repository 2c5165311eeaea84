"""Everything that defines a score: normalising, encoding, the ONNX session, bundles and calibration.

`models.training` (the `train` extra) makes bundles with the same code that serves them. Nothing outside it
imports torch, transformers or optimum.
"""

import os

# onnxruntime 1.29 and newer report sessions and run times to Microsoft, unless this is set before they are imported:
# its own switch for it comes after the first report. What is served here is nobody else's business.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
