"""From a request body to a typed request; what is wrong is said by place, never by repeating the value."""

import codecs
import json
import re
from typing import Any, TypeVar

import msgspec
import numpy as np

from service.errors import BadRequest
from service.wire.allowed import allowed_at

T = TypeVar("T")

_PLACE = " - at `$"
_ESCAPED = re.compile(rb"\\u[dD][89a-fA-F]")


def decode(body: bytes, decoder: msgspec.json.Decoder[T], takes: str = "") -> T:
    """Return the body as the decoder's type. Raises BadRequest.

    Where the body is wrong as a whole, the message ends with what the route `takes`.
    """
    try:
        try:
            return decoder.decode(body)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            return decoder.decode(_mended(body))
    except msgspec.ValidationError as error:
        raise _invalid(error, decoder.type, takes) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        wrong = f"the body is not valid JSON: {_syntax(error)}" if body.strip() else "the body is empty"
        raise BadRequest(wrong + _ending(takes)) from None


def _mended(body: bytes) -> bytes:
    """Return the body without a byte order mark, and with U+FFFD for lone surrogates.

    Windows writes the mark in front of a file. JavaScript cuts strings between the halves of a pair, and msgspec
    refuses the halves: Python's own decoder reads them, and knows a pair or an escaped backslash when it sees one.
    """
    body = body.removeprefix(codecs.BOM_UTF8)
    if not _ESCAPED.search(body):
        return body
    try:
        text = json.dumps(json.loads(body.decode()), ensure_ascii=False)
    except ValueError:
        return body
    return _without_halves(text)


def _without_halves(text: str) -> bytes:
    """Return a text in UTF-8, with U+FFFD for surrogates.

    Both are three bytes long, and no other character begins with ED and goes on with A0 or more. A body may be
    full of them, and the event loop waits.
    """
    data = np.frombuffer(bytearray(text.encode(errors="surrogatepass")), np.uint8)
    begin = np.flatnonzero((data[:-1] == 0xED) & (data[1:] >= 0xA0))
    for place, byte in enumerate("\ufffd".encode()):
        data[begin + place] = byte
    return data.tobytes()


def _invalid(error: msgspec.ValidationError, kind: Any, takes: str) -> BadRequest:
    # The last place is msgspec's own: a message may repeat a value, which may look like a place.
    message, at, path = str(error).rpartition(_PLACE)
    message, path = (message, path.removeprefix(".").removesuffix("`")) if at else (path, "")
    if message.startswith(("Invalid enum value", "Invalid value")):
        words = allowed_at(kind, path)
        message = f"must be {'one of ' if len(words) > 1 else ''}{', '.join(words)}"
    elif message.startswith("Expected `float`") and (words := allowed_at(kind, path)):
        message = f"must be {words[0]}"
    elif message.startswith("Object contains unknown field"):
        known = allowed_at(kind, path)
        if not known:  # at the top msgspec names no place: what looks like one is of the field's name
            path, known = "", allowed_at(kind, "")
        message = "has an unknown field; known are " + ", ".join(known)
    else:
        message = message[0].lower() + message[1:].replace("`", "")
    return BadRequest(message, path) if path else BadRequest(message + _ending(takes))


def _ending(takes: str) -> str:
    return f"; this takes {takes}" if takes else ""


def _syntax(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    text = str(error).removeprefix("JSON is malformed: ")
    return text[0].lower() + text[1:]
