"""Text in a transport code: base64, hexadecimal, percent and character escapes."""

import base64
import binascii
import html
import re
from collections.abc import Iterator
from urllib.parse import unquote

from models.views.passage import Change
from models.views.words import Words

_BASE64 = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{16,}={0,2}(?![\w+/=-])")
_DIGIT = re.compile("[0-9]")
_HEX = re.compile(r"(?<!\w)(?:(?:0x|\\x)?[0-9a-fA-F]{2}[ ,:]?){8,}(?!\w)")
_HEX_PAIR = re.compile(r"(?:0x|\\x)?([0-9a-fA-F]{2})[ ,:]?")
# A stretch begins where nothing of it stands before: else every character of a long word would be tried as a beginning.
_PERCENT = re.compile(r"(?<![^\s%])[^\s%]*(?:%[0-9a-fA-F]{2}[^\s%]*){3,}")
_ESCAPES = re.compile(r"(?:\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|&#x?[0-9a-fA-F]{2,6};| ){4,}")
_ESCAPE = re.compile(r"\\[ux]([0-9a-fA-F]{2,4})")


def base64_text(text: str, words: Words) -> Iterator[Change]:
    """Yield base64 (RFC 4648, either alphabet) that decodes to prose."""
    for found in _BASE64.finditer(text):
        code = found[0].rstrip("=").translate(str.maketrans("-_", "+/"))
        try:
            raw = base64.b64decode(code + "=" * (-len(code) % 4), validate=True)
        except binascii.Error:
            continue
        yield from _change(found, raw, words)


def hexadecimal(text: str, words: Words) -> Iterator[Change]:
    """Yield pairs of hexadecimal digits, together or apart, that decode to prose."""
    if not _DIGIT.search(text):  # no letter's code is without one
        return
    for found in _HEX.finditer(text):
        yield from _change(found, bytes.fromhex("".join(_HEX_PAIR.findall(found[0]))), words)


def percent(text: str, words: Words) -> Iterator[Change]:
    """Yield stretches with three or more percent escapes (RFC 3986) that decode to prose."""
    if "%" not in text:
        return
    for found in _PERCENT.finditer(text):
        yield from _change(found, unquote(found[0].replace("+", " ")).encode(), words)


def escapes(text: str, words: Words) -> Iterator[Change]:
    r"""Yield runs of character escapes (\u0041, \x41, &#65;) that decode to prose."""
    if "\\" not in text and "&#" not in text:
        return
    for found in _ESCAPES.finditer(text):
        plain = _ESCAPE.sub(lambda hit: chr(int(hit[1], 16)), html.unescape(found[0]))
        yield from _change(found, plain.encode(errors="replace"), words)


def _change(found: re.Match[str], raw: bytes, words: Words) -> Iterator[Change]:
    """Yield the decoded stretch when it is text: UTF-8, and words of the vocabulary or a further code."""
    try:
        plain = raw.decode()
    except UnicodeDecodeError:
        return
    if plain.isprintable() or plain.replace("\n", " ").replace("\t", " ").isprintable():
        reading = " ".join(plain.split())
        if words.is_prose(reading) or _BASE64.fullmatch(reading) or _HEX.fullmatch(reading):
            yield Change(found.start(), found.end(), reading)
