"""A shipped bundle in another precision."""
