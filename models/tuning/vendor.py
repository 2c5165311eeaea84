"""Labels in the words of others: a crosswalk read backwards.

A label that one category alone stands for exactly says that this category holds; any other says only that the text is
unsafe, for which of several it means nobody knows. Of a complete list the categories do not hold whose labels are all
left out; an empty list says that the text is harmless.
"""

from collections.abc import Iterable

from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.tuning.labels import ALL, ATTACKS, BIT, Labels, Said, WrongValue, unknown
from taxonomy.crosswalk import Crosswalk, Quality
from taxonomy.files import native


def words_of(crosswalk: Crosswalk) -> Labels:
    """Return what reads complete lists of the crosswalk's labels, their case aside."""
    meant = {label.lower(): _bits(crosswalk, label) for label in crosswalk.labels}
    # Categories with an exact cell, by the labels they may hide behind.
    hidden = {
        slug: frozenset(label.lower() for label in cells)
        for slug, cells in crosswalk.cells.items()
        if slug in OUTPUTS and Quality.EXACT in cells.values()
    }

    def read(words: Iterable[str]) -> Said:
        named = {word.strip().lower() for word in words}
        if strange := [word for word in named if word not in meant]:
            raise WrongValue(unknown(strange, meant))
        if not named:
            return Said(0, ALL)
        positive = 0
        for word in named:
            positive |= meant[word]
        absent = sum(BIT[slug] for slug, labels in hidden.items() if not labels & named)
        return Said(positive, absent & ~positive)

    return read


def _bits(crosswalk: Crosswalk, label: str) -> int:
    cells = {slug: cells[label] for slug, cells in crosswalk.cells.items() if label in cells and slug in OUTPUTS}
    exact = [slug for slug, quality in cells.items() if quality is Quality.EXACT]
    if cells and all(slug in native().attacks for slug in cells):
        return BIT[ATTACK] | (BIT[exact[0]] if len(exact) == len(cells) == 1 else 0)
    if len(exact) == len(cells) == 1:
        return BIT[exact[0]] | BIT[ATTACK if BIT[exact[0]] & ATTACKS else UNSAFE]
    return BIT[UNSAFE]
