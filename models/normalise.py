"""One reading of a text, the same in training and serving: what is invisible goes, what looks alike is one.

In order: lone surrogates become U+FFFD; format characters (zero-width, bidi, soft hyphens, tags), variation
selectors and control characters go; NFKC; runs of white space become one space, none at the ends. Removal
comes before NFKC because a removed character may keep two others from composing.

VERSION is written into every bundle: a bundle made with another version does not load.
"""

import re
import sys
import unicodedata
from bisect import bisect_right
from functools import cache

VERSION = 1

# NFKC's worst case is U+FDFA, one character to eighteen (UAX #15); nothing else here makes a text longer.
GROWTH = 18

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_SURROGATES = re.compile("[\ud800-\udfff]")


def normalise(text: str) -> str:
    """Return the reading of `text` that is scored. Idempotent; at most GROWTH times as long; never raises."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _invisible().sub("", _SURROGATES.sub(_REPLACEMENT, text)))
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


# \t\n\v\f\r and \x1c-\x1f are white space to str.split, and become a space.
_ASCII_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f]")


@cache
def _invisible() -> re.Pattern[str]:
    """Match what is dropped: Cf, Cc other than white space, variation selectors and the Hangul fillers."""
    fillers = "\u115f\u1160\u3164\uffa0"
    selectors = "\ufe00-\ufe0f\U000e0100-\U000e01ef\u180b-\u180f\u034f"
    found = [
        chr(c)
        for c in range(sys.maxunicode + 1)
        if unicodedata.category(chr(c)) == "Cf" or (unicodedata.category(chr(c)) == "Cc" and not chr(c).isspace())
    ]
    return re.compile(f"[{re.escape(''.join(found))}{fillers}{selectors}]")


def _align(original: str) -> tuple[str, list[int], list[tuple[int, int]]]:
    """Normalise piece by piece: a piece is a character with everything that may compose with it."""
    out: list[str] = []
    starts: list[int] = []
    origins: list[tuple[int, int]] = []
    length = 0
    gap: tuple[int, int] | None = None  # white space seen and not yet written
    for begin, end, piece in _pieces(original):
        for part in re.findall(r"\s+|\S+", unicodedata.normalize("NFKC", piece)):
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
    drop = _invisible()
    pieces: list[tuple[int, int, str]] = []
    for i, char in enumerate(original):
        if drop.match(char):
            continue
        char = _REPLACEMENT if "\ud800" <= char <= "\udfff" else char
        if pieces and _joins_previous(char):
            begin, _, before = pieces[-1]
            pieces[-1] = (begin, i + 1, before + char)
        else:
            pieces.append((i, i + 1, char))
    return pieces


@cache
def _joins_previous(char: str) -> bool:
    """Tell whether a character may compose with, or be reordered among, the ones before it (UAX #15)."""
    first = unicodedata.normalize("NFKC", char)[0]
    return unicodedata.category(first)[0] == "M" or "\u1160" <= first <= "\u11ff"
