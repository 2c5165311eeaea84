"""From a checkpoint to a bundle: graph, int8, calibration, golden set, gate, model card."""
