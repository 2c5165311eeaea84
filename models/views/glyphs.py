"""Letters written with other characters: homoglyphs, leet, emoji letters, letters set apart."""

import re
from collections.abc import Iterator

from models.views.passage import Change
from models.views.words import Words

# Lower-case look-alikes that NFKC leaves alone (Unicode TS #39, confusables), by the ASCII letter they show.
_LOOKALIKES = {
    "a": "аαɑᴀ", "b": "ьʙƅв", "c": "сϲᴄ", "d": "ԁɗᴅ", "e": "еєεҽᴇ", "f": "ƒꜰ", "g": "ɡցɢ", "h": "һհʜн", "i": "іιıɪɩ",
    "j": "јϳᴊ", "k": "кκᴋ", "l": "ӏʟℓ", "m": "мᴍ", "n": "ոпηɴ", "o": "оοσօᴏ", "p": "рρᴘ", "q": "ԛգ", "r": "гʀᴦ",
    "s": "ѕꜱ", "t": "тτᴛ", "u": "υսᴜц", "v": "νѵᴠ", "w": "ԝωѡᴡ", "x": "хχ", "y": "уүγʏ", "z": "ᴢʐ",
}  # fmt: skip
_FOLD = {ord(other): letter for letter, others in _LOOKALIKES.items() for other in others}
_FOLD |= {
    ord(other.upper()): letter
    for letter, others in _LOOKALIKES.items()
    for other in others
    if len(other.upper()) == 1 and not other.upper().isascii()
}
# Regional indicators, and negative squared and circled letters.
_EMOJI = {first + i: chr(ord("a") + i) for first in (0x1F1E6, 0x1F170, 0x1F150) for i in range(26)}
_SHOWS = "".join(map(chr, _FOLD))
# Nothing of a word stands before it: else every letter of a long one would be tried as its beginning.
_FOREIGN = re.compile(f"(?<![a-zA-Z])[a-zA-Z]*[{_SHOWS}][a-zA-Z{_SHOWS}]*")
_SHOWN = "[\U0001f150-\U0001f169\U0001f170-\U0001f189\U0001f1e6-\U0001f1ff]"
_LETTERS = re.compile(f"{_SHOWN}(?: ?{_SHOWN}){{2,}}")

_LEET = str.maketrans("013457@$!+8|", "oieastasitbl")
_LEET_L = str.maketrans("013457@$!+8|", "oleastasltbl")
_LEETED = re.compile(r"(?<![\w@$#.+/!|-])[a-zA-Z]*[013457@$!+8|][\w@$!+|]*(?![\w@$/])")
# 10th, 5kg, mp3, wow!: digits before or after the letters are digits.
_PLAIN = re.compile(r"[\d@$!+|]+[a-z]{0,3}!*|[a-z]+[\d!+|]+", re.IGNORECASE)
_LONGEST = 24

# To cut letters into words takes some microseconds a letter.
_MOST_LETTERS = 4000
_APART = re.compile(r"(?<![^\W_])[^\W\d_]([ ._*|/~-])[^\W\d_](?:\1[^\W\d_]){2,}(?![^\W_])")


def lookalikes(text: str, words: Words) -> Iterator[Change]:
    """Yield words that mix scripts, or are foreign letters throughout, and read as a known word in ASCII.

    A text whose telling words are not mostly Latin is in another script, not in disguise.
    """
    if text.isascii():
        return
    for found in _FOREIGN.finditer(text):
        reading = found[0].translate(_FOLD)
        if len(reading) > 2 and reading in words and (_mixed(found[0]) or _latin(text, found.start(), found.end())):
            yield Change(found.start(), found.end(), reading)


def emoji_letters(text: str, words: Words) -> Iterator[Change]:
    """Yield runs of three or more letters shown as flags' letters or as squared and circled ones, cut into words."""
    if not text.isascii():
        yield from _cut(_LETTERS.finditer(text), words)


def leet(text: str, words: Words) -> Iterator[Change]:
    """Yield words with digits or signs for letters that read as a known word."""
    for found in _LEETED.finditer(text):
        if not 2 < len(found[0]) <= _LONGEST or _PLAIN.fullmatch(found[0]):
            continue
        for table in (_LEET, _LEET_L):
            reading = found[0].translate(table).rstrip("!")
            if reading in words:
                yield Change(found.start(), found.end(), reading)
                break


def set_apart(text: str, words: Words) -> Iterator[Change]:
    """Yield runs of four or more single letters with one separator between them, cut into words."""
    yield from _cut(_APART.finditer(text), words)


def _cut(runs: Iterator[re.Match[str]], words: Words) -> Iterator[Change]:
    """Yield the runs whose letters make words, until there were _MOST_LETTERS; the rest is read as it stands."""
    room = _MOST_LETTERS
    for run in runs:
        letters = "".join(char for char in run[0].translate(_EMOJI) if char.isalpha())
        room -= len(letters)
        if room < 0:
            return
        reading = words.split(letters)
        if words.share(reading) > 0 or reading in words:
            yield Change(run.start(), run.end(), reading)


def _mixed(word: str) -> bool:
    return any(char.isascii() for char in word)


def _latin(text: str, begin: int, end: int) -> bool:
    """Tell whether the letters around a word are mostly ASCII."""
    letters = [char for char in text[max(0, begin - 60) : begin] + text[end : end + 60] if char.isalpha()]
    return sum(char.isascii() for char in letters) > 0.6 * len(letters) > 3
