"""Everything that defines a score: normalising, encoding, the ONNX session, bundles and calibration.

`models.training` (the `train` extra) makes bundles with the same code that serves them. Nothing outside it
imports torch, transformers or optimum.
"""
