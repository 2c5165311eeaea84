"""Other vendors' labels: which of our categories stands for which of theirs, and how well."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property

import msgspec

from taxonomy.categories import digest_of


class Quality(StrEnum):
    """How well a category stands for a label. A cell that is not written is `none`."""

    EXACT = "exact"
    PARTIAL = "partial"
    NONE = "none"


class Conjunction(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"companions": "with"}):
    """A label that needs two things at once: its parent label, and any of the companion categories."""

    parent: str
    companions: tuple[str, ...]


class Crosswalk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """One vendor's labels and the cells that join them to the taxonomy's slugs."""

    name: str
    title: str
    source: str
    labels: dict[str, str]
    cells: dict[str, dict[str, Quality]]
    parents: dict[str, str] = {}
    conjunctions: dict[str, Conjunction] = {}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the table, as `sha256:` and 64 hex digits."""
        return digest_of(self)

    @cached_property
    def unsupported(self) -> tuple[str, ...]:
        """The labels no category stands for exactly: they are answered with 0 and must be said to be."""
        exact = {label for cells in self.cells.values() for label, q in cells.items() if q is Quality.EXACT}
        return tuple(label for label in self.labels if label not in exact and label not in self.conjunctions)

    def translate(self, scores: Mapping[str, float], *, partial: bool = False) -> dict[str, float]:
        """Return a score in 0..1 for every label of the vendor, in the vendor's order.

        The greatest score of the exact cells (and of the partial ones if asked); a conjunction is the smaller
        of its parent and its greatest companion; a child is never above its parent; no cell gives 0.
        """
        counted = (Quality.EXACT, Quality.PARTIAL) if partial else (Quality.EXACT,)
        out = dict.fromkeys(self.labels, 0.0)
        for slug, cells in self.cells.items():
            for label, quality in cells.items():
                if quality in counted:
                    out[label] = max(out[label], scores.get(slug, 0.0))
        for label, both in self.conjunctions.items():
            out[label] = min(out[both.parent], max(scores.get(slug, 0.0) for slug in both.companions))
        for child, parent in self.parents.items():
            out[child] = min(out[child], out[parent])
        return out
