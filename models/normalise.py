"""One reading of a text, the same in training and serving: what is invisible goes, what looks alike is one.

In order: lone surrogates become U+FFFD; what shows nothing goes (control and format characters, among them
zero-width, bidi, soft hyphens and tags; variation selectors; fillers); NFKC; runs of white space become one
space, none at the ends. Removal comes before NFKC because a removed character may keep two others from
composing.

VERSION is written into every bundle: a bundle made with another version does not load.
"""

import re
import unicodedata
from bisect import bisect_right
from functools import cache, lru_cache

VERSION = 1

# NFKC's worst case is U+FDFA, one character to eighteen (UAX #15); nothing else here makes a text longer.
GROWTH = 18

# More marks in a row than any language stacks (UAX #15 calls 30 safe).
_STACK = 31

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_SURROGATES = re.compile("[\ud800-\udfff]")
# \t\n\v\f\r and \x1c-\x1f are white space to str.split, and become a space.
_ASCII_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f]")
# General categories Cc (less white space) and Cf, and Default_Ignorable_Code_Point of Unicode 15.1. Written out,
# because each Python has its own Unicode tables and a bundle must not read differently on the next one.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    "\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)


def normalise(text: str) -> str:
    """Return the reading of `text` that is scored. Idempotent; at most GROWTH times as long; never raises."""
    if not text.isascii():
        text = _nfkc(_INVISIBLE.sub("", _SURROGATES.sub(_REPLACEMENT, text)))
    else:
        text = _ASCII_CONTROL.sub("", text)
    return " ".join(text.split())


class Aligned:
    """A normalised text and the way back: which characters of the original each of its characters came from."""

    def __init__(self, original: str) -> None:
        self.original = original
        self.text, self._starts, self._origins = _align(original)

    def span(self, begin: int, end: int) -> tuple[int, int]:
        """Return the [begin, end) characters of the original that became [begin, end) of the normalised text.

        Raises ValueError when the span is empty or outside the text.
        """
        if not 0 <= begin < end <= len(self.text):
            raise ValueError(f"span {begin}..{end} is outside 0..{len(self.text)}")
        first = self._origins[bisect_right(self._starts, begin) - 1]
        last = self._origins[bisect_right(self._starts, end - 1) - 1]
        return first[0], last[1]


def _nfkc(text: str) -> str:
    """Return the NFKC of `text` in linear time.

    unicodedata orders a run of marks by insertion: 60,000 of them, alternating, hold the interpreter for 3.5 s.
    A run that is decomposed and ordered beforehand has the same NFKC and costs nothing there.
    """
    # Such a run covers one of every _STACK characters; to look at all of them costs ten times all the rest.
    if not _marks().isdisjoint(text[::_STACK]):
        text = _long_run().sub(_ordered, text)
    return unicodedata.normalize("NFKC", text)


def _ordered(run: re.Match[str]) -> str:
    decomposed = "".join(unicodedata.normalize("NFKD", mark) for mark in run[0])
    return "".join(sorted(decomposed, key=unicodedata.combining))  # stable, as canonical order is


@cache
def _long_run() -> re.Pattern[str]:
    return re.compile(f"[{''.join(_marks())}]{{{_STACK},}}")


@cache
def _marks() -> frozenset[str]:
    """Return the characters that are, decomposed, nothing but marks; none lies beyond U+1FFFF."""
    parts = ((chr(c), unicodedata.normalize("NFKD", chr(c))) for c in range(0x300, 0x20000))
    return frozenset(char for char, part in parts if all(map(unicodedata.combining, part)))


def _align(original: str) -> tuple[str, list[int], list[tuple[int, int]]]:
    """Normalise piece by piece: a piece is a character with everything that may compose with it."""
    out: list[str] = []
    starts: list[int] = []
    origins: list[tuple[int, int]] = []
    length = 0
    gap: tuple[int, int] | None = None  # white space seen and not yet written
    for begin, end, piece in _pieces(original):
        for part in re.findall(r"\s+|\S+", _nfkc(piece)):
            if part.isspace():
                gap = (gap[0] if gap else begin, end)
                continue
            if gap and out:
                out.append(" ")
                starts.append(length)
                origins.append(gap)
                length += 1
            gap = None
            out.append(part)
            starts.append(length)
            origins.append((begin, end))
            length += len(part)
    return "".join(out), starts, origins


def _pieces(original: str) -> list[tuple[int, int, str]]:
    """Return (begin, end, characters) of the runs that NFKC cannot join with one another."""
    pieces: list[tuple[int, int, list[str]]] = []
    for i, char in enumerate(original):
        if _INVISIBLE.match(char):
            continue
        char = _REPLACEMENT if "\ud800" <= char <= "\udfff" else char
        if pieces and _joins_previous(char):
            begin, _, before = pieces[-1]
            before.append(char)
            pieces[-1] = (begin, i + 1, before)
        else:
            pieces.append((i, i + 1, [char]))
    return [(begin, end, "".join(chars)) for begin, end, chars in pieces]


@lru_cache(maxsize=8192)  # bounded: a hostile text may hold every character there is
def _joins_previous(char: str) -> bool:
    """Tell whether a character may compose with, or be reordered among, the ones before it (UAX #15)."""
    first = unicodedata.normalize("NFKC", char)[0]
    return unicodedata.category(first)[0] == "M" or "\u1160" <= first <= "\u11ff"
