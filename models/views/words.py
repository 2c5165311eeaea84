"""Which letters are words: the model's own vocabulary, commonest first, is the dictionary.

A word-piece vocabulary is in order of frequency, so a rank stands for a probability (Zipf), and letters without
spaces are cut where the words are likeliest.
"""

import math
import re
from collections.abc import Iterable, Mapping

WORD = re.compile(r"[a-z]+", re.IGNORECASE)
# Shorter words say nothing: any two letters are a word of the vocabulary.
TELLING = 4
_LONGEST = 18
# The cost of a letter that belongs to no word, in the currency of log ranks.
_STRANGE = 12.0
_PROSE = 0.6


class Words:
    """A vocabulary of lower-case words with their ranks."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        # Byte-pair and SentencePiece vocabularies mark where a word begins.
        pieces = ((i, piece.lstrip("Ġ▁").lower()) for piece, i in vocabulary.items())
        found = sorted((i, word) for i, word in pieces if word.isascii() and word.isalpha())
        letters = {"a", "i"}
        known = dict.fromkeys(word for _, word in found if len(word) > 1 or word in letters)
        self._cost = {word: math.log(rank + 2) + 1.0 for rank, word in enumerate(known)}

    def __contains__(self, word: str) -> bool:
        return word.lower() in self._cost

    def unknown(self, words: Iterable[str]) -> list[bool]:
        """Return for each word whether it is not known."""
        known = self._cost
        return [word not in known for word in map(str.lower, words)]

    def share(self, text: str) -> float:
        """Return which share (0..1) of the telling words of `text` are known; 0 without any."""
        words = [word for word in WORD.findall(text) if len(word) >= TELLING]
        return sum(word in self for word in words) / len(words) if words else 0.0

    def split(self, letters: str) -> str:
        """Cut letters written without spaces into the likeliest words."""
        lower = letters.lower()
        best = [0.0]
        cuts = [0]
        for end in range(1, len(lower) + 1):
            costs = [
                (best[begin] + self._price(lower[begin:end], end - begin), begin)
                for begin in range(max(0, end - _LONGEST), end)
            ]
            cost, begin = min(costs)
            best.append(cost)
            cuts.append(begin)
        words: list[str] = []
        end = len(lower)
        while end:
            words.append(letters[cuts[end] : end])
            end = cuts[end]
        return " ".join(reversed(words))

    def _price(self, word: str, length: int) -> float:
        return self._cost.get(word, _STRANGE * length)

    def is_prose(self, text: str) -> bool:
        """Tell whether most telling words are known, and there are some."""
        return self.share(text) >= _PROSE
