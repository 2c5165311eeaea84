"""Labels in the words of others: a crosswalk read backwards.

A label that one category alone stands for exactly says that this category holds; any other says only that the text is
unsafe, for which of several it means nobody knows; what is no harm by itself is left out. Of a complete list the
categories do not hold none of whose labels stands in it; an empty list says that the text is harmless.
"""

from collections.abc import Iterable
from functools import reduce
from operator import or_

from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.tuning.labels import ALL, ATTACKS, BIT, Said, WrongValue, unknown
from taxonomy.crosswalk import Crosswalk, Quality
from taxonomy.files import native


class Words:
    """Reads complete lists of a crosswalk's labels, their case aside; `left_out` are those met that say no harm."""

    def __init__(self, crosswalk: Crosswalk) -> None:
        self.left_out: dict[str, None] = {}
        self._no_harm = {label.lower(): label for label in crosswalk.not_harm}
        self._meant = {label.lower(): _bits(crosswalk, label) for label in crosswalk.labels}
        # Categories with an exact cell, by the labels they may hide behind.
        self._hidden = {
            slug: frozenset(label.lower() for label in cells)
            for slug, cells in crosswalk.cells.items()
            if slug in OUTPUTS and Quality.EXACT in cells.values()
        }

    def __call__(self, words: Iterable[str]) -> Said:
        """Return what a list says. Raises WrongValue."""
        named = {word.strip().lower() for word in words}
        if strange := [word for word in named if word not in self._meant]:
            raise WrongValue(unknown(strange, self._meant))
        aside = named & self._no_harm.keys()
        self.left_out |= dict.fromkeys(self._no_harm[word] for word in sorted(aside))
        if named == aside:
            # What such a label may be a part of is left open.
            return Said(0, ALL & ~self._union(aside))
        positive = self._union(named - aside)
        absent = sum(BIT[slug] for slug, labels in self._hidden.items() if not labels & named)
        return Said(positive, absent & ~positive)

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence on what was left out, if anything was."""
        names = ", ".join(self.left_out)
        return (f"labels without a counterpart here were left out: {names}",) if names else ()

    def _union(self, words: Iterable[str]) -> int:
        return reduce(or_, (self._meant[word] for word in words), 0)


def _bits(crosswalk: Crosswalk, label: str) -> int:
    """Return what holds by a label; of one that says no harm, what may."""
    if label in crosswalk.not_harm:
        parts = [slug for slug, cells in crosswalk.cells.items() if label in cells]
        return sum(BIT.get(slug, 0) for slug in parts) | (BIT[UNSAFE] if parts else 0)
    cells = {slug: cells[label] for slug, cells in crosswalk.cells.items() if label in cells and slug in OUTPUTS}
    exact = [slug for slug, quality in cells.items() if quality is Quality.EXACT]
    if cells and all(slug in native().attacks for slug in cells):
        return BIT[ATTACK] | (BIT[exact[0]] if len(exact) == len(cells) == 1 else 0)
    if len(exact) == len(cells) == 1:
        return BIT[exact[0]] | BIT[ATTACK if BIT[exact[0]] & ATTACKS else UNSAFE]
    return BIT[UNSAFE]
