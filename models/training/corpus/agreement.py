"""How far annotators of the same rows agree: `python -m models.training.corpus.agreement`.

Krippendorff's alpha (Krippendorff 2011, "Computing Krippendorff's alpha-reliability") on an interval scale: a doubt,
0.5, lies between 0 and 1. 1 is perfect agreement, 0 what chance gives.
"""

import gzip
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import krippendorff
import msgspec
import numpy as np

from models.outputs import UNSAFE
from models.training.corpus.sources import Annotation
from models.training.corpus.written import SLUGS, TEXTS
from models.training.evaluate.grid import Grid, draw
from models.training.terminal import terminal

READERS = 3
# With fewer rows in which any reader saw a category, its alpha is chance.
FEWEST = 10


class Agreement(msgspec.Struct, frozen=True):
    """Alpha of one label, at most 1, and in how many rows at least one reader saw it."""

    label: str
    rows: int
    alpha: float


def agreement(readings: Mapping[str, Sequence[Annotation]]) -> list[Agreement]:
    """Return alpha for `unsafe` and each category, over the rows that were read by as many as READERS."""
    rows = [found for found in readings.values() if len(found) == READERS]
    out: list[Agreement] = []
    for label in (UNSAFE, *SLUGS):
        scores = np.array([[_share(each, label) for each in found] for found in rows]).reshape(-1, READERS)
        seen = int((scores > 0).any(axis=1).sum())
        if seen >= FEWEST:
            alpha = krippendorff.alpha(reliability_data=scores.T, level_of_measurement="interval")
            out.append(Agreement(label, seen, round(float(alpha), 2)))
    return out


def read(folder: Path) -> dict[str, list[Annotation]]:
    """Return the annotations of a folder by row id."""
    readings: dict[str, list[Annotation]] = defaultdict(list)
    for path in sorted(folder.glob("*.jsonl.gz")):
        for line in gzip.decompress(path.read_bytes()).splitlines():
            each = msgspec.json.decode(line, type=Annotation)
            readings[each.id].append(each)
    return readings


def _share(annotation: Annotation, label: str) -> float:
    return annotation.unsafe if label == UNSAFE else annotation.shares.get(label, 0.0)


def main() -> None:
    """Print a table."""
    readings = read(TEXTS / "annotations")
    rows = sum(len(found) == READERS for found in readings.values())
    lines: list[tuple[str, ...]] = [(each.label, str(each.rows), f"{each.alpha:.2f}") for each in agreement(readings)]
    draw([Grid(f"{rows} rows, {READERS} readers each", ("label", "rows", "alpha"), lines)], terminal())


if __name__ == "__main__":
    main()
