"""Make a bundle: read labelled rows, fine-tune, export, evaluate. Needs the `train` extra.

sources -> labels -> corpus -> train -> export -> evaluate
"""
