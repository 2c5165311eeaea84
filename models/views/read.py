"""All views of a text, within bounds."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping

import msgspec

from models.views import ciphers, codes, comments, glyphs
from models.views.passage import Change, passage
from models.views.words import Words

# Raised with every change of what any text is read as: cached scores are of one version.
VERSION = 2

Disguise = Callable[[str, Words], Iterator[Change]]

DISGUISES: dict[str, Disguise] = {
    "lookalikes": glyphs.lookalikes,
    "emoji_letters": glyphs.emoji_letters,
    "leet": glyphs.leet,
    "set_apart": glyphs.set_apart,
    "base64": codes.base64_text,
    "hexadecimal": codes.hexadecimal,
    "percent": codes.percent,
    "escapes": codes.escapes,
    "rot13": ciphers.rot13,
    "backwards": ciphers.backwards,
    "words_backwards": ciphers.words_backwards,
    "comments": comments.comments,
}
_CIPHERS = ("rot13", "backwards", "words_backwards")
# Code in code in code; deeper nests are read this far.
DEPTH = 3
# Views of one text. A text in more disguises than this is read in the first ones.
MOST = 6
# Characters that the views of a text may have in all: as many times its own, or those of two windows if that is more.
# Without these, two words in two disguises in front of a short text would leave no room to read a third.
TIMES, LEAST = 2, 2000


class View(msgspec.Struct, frozen=True):
    """A reading: `name` is a key of DISGUISES, the outermost disguise first taken off."""

    name: str
    text: str


class Reader:
    """Finds the views of normalised texts. Safe to call from several threads."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        """`vocabulary` maps a word piece to its rank, commonest first."""
        self._words = Words(vocabulary)

    def views(self, text: str) -> tuple[View, ...]:
        """Return the views of a normalised text: at most MOST, no longer together than TIMES the text or LEAST."""
        found: list[View] = []
        seen = {text}
        room = max(TIMES * len(text), LEAST)
        waiting = deque([("", text, 0)])
        while waiting:
            first, current, depth = waiting.popleft()
            # Asked once for all three: their own search takes as long as tokenising.
            skipped = () if ciphers.may_hide(current, self._words) else _CIPHERS
            for name, disguise in DISGUISES.items():
                if name in skipped:
                    continue
                reading = passage(current, disguise(current, self._words))
                if not reading or reading in seen or len(reading) > room:
                    continue
                if len(found) == MOST:
                    return tuple(found)
                seen.add(reading)
                room -= len(reading)
                found.append(View(first or name, reading))
                if depth + 1 < DEPTH:
                    waiting.append((first or name, reading, depth + 1))
        return tuple(found)
