"""Make a bundle. Needs the `train` extra, and convert the smaller extra of its name.

corpus (what is read and mixed) -> finetune (a checkpoint) -> export (a bundle), with tune (calibration, thresholds)
and evaluate (figures) in its service; convert makes a bundle in another precision of a bundle.
"""
