"""Put a disguise on: for each that models.views takes off, and for the two that normalising does, its inverse."""

import base64
import codecs
import re
from collections.abc import Callable

Disguise = Callable[[str], str]

_ZERO_WIDTH = "\u200b"
_LOOKALIKES = str.maketrans("aceiopxy", "асеіорху")  # Cyrillic
_LEET = str.maketrans("aeiost", "431057")
_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_REGIONAL = {ord("a") + i: 0x1F1E6 + i for i in range(26)}
_WORDS_A_COMMENT = 3


def lookalikes(text: str) -> str:
    """Write some letters in Cyrillic."""
    return text.translate(_LOOKALIKES)


def emoji_letters(text: str) -> str:
    """Write the letters as those of flags; digits and signs are left out."""
    return " ".join(re.findall("[a-z]+", text.lower())).translate(_REGIONAL)


def leet(text: str) -> str:
    """Write some letters as digits."""
    return text.translate(_LEET)


def set_apart(text: str) -> str:
    """Set the letters apart by blanks; digits and signs are left out."""
    return " ".join("".join(re.findall("[A-Za-z]", text)))


def base64_text(text: str) -> str:
    """Encode in base64 (RFC 4648)."""
    return base64.b64encode(text.encode()).decode()


def hexadecimal(text: str) -> str:
    """Encode in hexadecimal."""
    return text.encode().hex()


def percent(text: str) -> str:
    """Escape every byte (RFC 3986)."""
    return "".join(f"%{byte:02X}" for byte in text.encode())


def escapes(text: str) -> str:
    r"""Escape every character, an A as \u0041."""
    return "".join(f"\\u{ord(char):04x}" for char in text)


def rot13(text: str) -> str:
    """Move every letter by thirteen."""
    return codecs.encode(text, "rot13")


def backwards(text: str) -> str:
    """Write from right to left."""
    return text[::-1]


def words_backwards(text: str) -> str:
    """Write each word from right to left."""
    return re.sub("[A-Za-z'’]+", lambda word: word[0][::-1], text)


def comments(text: str) -> str:
    """Hide some words at a time in the comments of a program."""
    words = text.split()
    parts = [" ".join(words[i : i + _WORDS_A_COMMENT]) for i in range(0, len(words), _WORDS_A_COMMENT)]
    return "\n".join(f"# {part}\nx{i} = f({i})" for i, part in enumerate(parts))


def zero_width(text: str) -> str:
    """Put a character that shows nothing between all others."""
    return _ZERO_WIDTH.join(text)


def full_width(text: str) -> str:
    """Write ASCII in its full-width forms."""
    return text.translate(_FULL_WIDTH)


# Those of models.views first, under their names there.
DISGUISED: dict[str, Disguise] = {
    each.__name__.removesuffix("_text"): each
    for each in (
        lookalikes, emoji_letters, leet, set_apart, base64_text, hexadecimal, percent, escapes, rot13, backwards,
        words_backwards, comments, zero_width, full_width,
    )
}  # fmt: skip
