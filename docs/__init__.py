"""The guides, the reference, and what writes the reference."""
