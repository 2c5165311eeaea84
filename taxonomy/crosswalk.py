"""Other vendors' labels: which of our categories stands for which of theirs, and how well."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated

import msgspec

from taxonomy.categories import Name, digest_of


class Quality(StrEnum):
    """How well a category stands for a label. A cell that is not written is `none`."""

    EXACT = "exact"
    PARTIAL = "partial"
    NONE = "none"


class Conjunction(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"companions": "with"}):
    """A label that needs two things at once: its parent label, and any of the companion categories (slugs)."""

    parent: str
    companions: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]


class Crosswalk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True, tag_field="kind", tag="crosswalk"):
    """One vendor's labels and the cells that join them to the taxonomy's slugs.

    `labels` is label -> its name; `cells` is slug -> label -> quality; `parents` is child -> parent label.
    A label with a parent is nobody's parent, so the order of the lines never matters. A text with a label of
    `not_harm`, and no other, is not known to be harmful; with any other it is, also where no category stands for that.
    """

    name: Name
    title: str
    source: str
    labels: Annotated[dict[str, str], msgspec.Meta(min_length=1)]
    cells: dict[str, dict[str, Quality]]
    parents: dict[str, str] = {}
    conjunctions: dict[str, Conjunction] = {}
    not_harm: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the table, as `sha256:` and 64 hex digits."""
        return digest_of(self)

    @cached_property
    def unsupported(self) -> tuple[str, ...]:
        """The labels with no exact cell, in the vendor's order: what is answered for them is not a judgement."""
        exact = {label for cells in self.cells.values() for label, q in cells.items() if q is Quality.EXACT}
        return tuple(label for label in self.labels if label not in exact and label not in self.conjunctions)

    def translate(self, scores: Mapping[str, float], *, partial: bool = False) -> dict[str, float]:
        """Return a score in 0..1 for every label of the vendor, in the vendor's order.

        `scores` is slug -> 0..1; a slug that is not in it counts as 0. A label gets the greatest score of its
        exact cells (and of its partial ones if asked), 0 without any; a conjunction the smaller of its parent
        and its greatest companion; a child is never above its parent.
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
