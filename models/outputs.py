"""The order of a model's outputs: the taxonomy's trained categories, then the two overall ones."""

from taxonomy.files import native

UNSAFE = "unsafe"
ATTACK = "attack"
OUTPUTS: tuple[str, ...] = (*native().trained, UNSAFE, ATTACK)
