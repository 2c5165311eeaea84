"""What is fitted on top of a model: the calibration and the thresholds."""
