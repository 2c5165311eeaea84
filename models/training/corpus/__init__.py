"""From the sources to the examples of a run: what is read, what its labels mean, how it is mixed and split."""
