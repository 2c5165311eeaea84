"""From the packaged base and a corpus to a checkpoint."""
