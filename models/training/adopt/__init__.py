"""Somebody else's sequence classifier made into a bundle: its labels mapped to our outputs, its scores unchanged."""
