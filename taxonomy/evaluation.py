"""Labelled rows reduced to counts: what the console draws curves from, and compares live traffic with.

No text and no row is in it, so it may lie beside a server. `tidegate tune --evaluation FILE` writes it.
"""

import msgspec

# Thresholds of a curve: 0, 0.01 ... 1.
POINTS = 101
# Equal parts of 0..1 in which scores are counted.
BINS = 20


class Curve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One category over all rows whose label is known.

    `caught` and `stopped` are, for each of POINTS thresholds, how many positives and how many negatives reach it.
    `histogram` counts the scores of all rows, labelled for this category or not, in BINS equal parts of 0..1.
    """

    positives: int
    negatives: int
    caught: tuple[int, ...]
    stopped: tuple[int, ...]
    histogram: tuple[int, ...]


class Evaluation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="evaluation"):
    """Curves by slug, `other` standing for the overall `unsafe` score; digests are `sha256:` and 64 hex digits."""

    made: str
    data: str
    model: str
    rows: int
    curves: dict[str, Curve]
