"""Prose whose letters are out of place: ROT13, written backwards, each word backwards."""

import codecs
import re
from collections.abc import Iterator
from operator import and_

from models.views.passage import Change
from models.views.words import TELLING, Words

# A run of words: letters with blanks and light punctuation between them.
_RUN = re.compile(r"(?<![A-Za-z'’])[A-Za-z'’]+(?:[ ,.;:!?-]{1,3}[A-Za-z'’]+)+")
_WORD = re.compile(r"[A-Za-z'’]+")
_TELLING_WORD = re.compile(f"[A-Za-z'’]{{{TELLING},}}")
# This many telling words in a row that nobody knows: one is a name.
_ODD = 2


def may_hide(text: str, words: Words) -> bool:
    """Tell whether there are two odd words in a row: else none of these disguises has anything to take off."""
    odd = words.unknown(_TELLING_WORD.findall(text))
    return any(map(and_, odd, odd[1:]))


def rot13(text: str, words: Words) -> Iterator[Change]:
    """Yield runs of odd words that are prose after ROT13."""
    for begin, end in _odd_runs(text, words):
        yield from _prose(begin, end, codecs.encode(text[begin:end], "rot13"), words)


def backwards(text: str, words: Words) -> Iterator[Change]:
    """Yield runs of odd words that are prose from right to left."""
    for begin, end in _odd_runs(text, words):
        yield from _prose(begin, end, text[begin:end][::-1], words)


def words_backwards(text: str, words: Words) -> Iterator[Change]:
    """Yield runs of odd words that are prose when each is read from right to left."""
    for begin, end in _odd_runs(text, words):
        yield from _prose(begin, end, _WORD.sub(lambda word: word[0][::-1], text[begin:end]), words)


def _prose(begin: int, end: int, reading: str, words: Words) -> Iterator[Change]:
    if words.is_prose(reading):
        yield Change(begin, end, reading)


def _odd_runs(text: str, words: Words) -> Iterator[tuple[int, int]]:
    """Yield [begin, end) of words in a row among which no telling one is known and at least _ODD are not."""
    for run in _RUN.finditer(text):
        begin, end, odd = run.start(), run.start(), 0
        for word in _WORD.finditer(text, run.start(), run.end()):
            if len(word[0]) >= TELLING and word[0] in words:
                if odd >= _ODD:
                    yield begin, end
                begin, odd = word.end() + 1, 0
            else:
                end, odd = word.end(), odd + (len(word[0]) >= TELLING)
        if odd >= _ODD:
            yield begin, end
