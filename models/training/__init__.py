"""Make a bundle. Needs the `train` extra.

corpus (what is read and mixed) -> finetune (a checkpoint) -> export (a bundle), with tune (calibration, thresholds)
and evaluate (figures) in its service.
"""
