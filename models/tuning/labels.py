"""Complete lists of labels: the words of one in, what they say of each output out, as bits.

`slugs` reads our own words; those of others are read by way of a crosswalk (vendor.py).
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from models.outputs import ATTACK, OUTPUTS, UNSAFE
from taxonomy.categories import NEEDS_CAUTION, OTHER
from taxonomy.files import native
from taxonomy.wording import suggestion

ALL = (1 << len(OUTPUTS)) - 1
BIT = {slug: 1 << place for place, slug in enumerate(OUTPUTS)}
HAZARDS = sum(BIT[slug] for slug in native().hazards)
ATTACKS = sum(BIT[slug] for slug in native().attacks)
SIDES = ((HAZARDS, BIT[UNSAFE]), (ATTACKS, BIT[ATTACK]))
# `other` is harm that no hazard names: it makes a text unsafe and says nothing else. Nobody is asked about the second.
WORDS = (*OUTPUTS, OTHER)
NOTHING = frozenset({"none", "safe"})


class WrongValue(ValueError):
    """A value that means nothing; the message names the column and repeats nothing."""


class Said(NamedTuple):
    """What is said of a text: bits of OUTPUTS that hold, and that do not."""

    positive: int
    negative: int


Labels = Callable[[Iterable[str]], Said]


def slugs(words: Iterable[str]) -> Said:
    """Read a complete list of slugs: what is not in it does not hold. Raises WrongValue."""
    positive, doubted = 0, False
    for word in words:
        if word == NEEDS_CAUTION:
            doubted = True
        elif word == OTHER:
            positive |= BIT[UNSAFE]
        elif word in BIT:
            positive |= BIT[word]
        else:
            raise WrongValue(unknown([word], (*WORDS, NEEDS_CAUTION, *NOTHING)))
    for named, overall in SIDES:
        positive |= overall if positive & named else 0
    # Caution and no more: whether the text is harmful nobody could tell.
    denied = ATTACKS | BIT[ATTACK] if doubted and not positive & BIT[UNSAFE] else ALL
    return Said(positive, denied & ~positive)


def unknown(words: list[str], known: Iterable[str]) -> str:
    """Return what to say of labels that mean nothing: they may be a text in the wrong column, so none is repeated."""
    return f"'labels' has a label that no category has{suggestion(words[0], known)}"
