"""From a request body to a typed request; what is wrong is said by place, never by repeating the value."""

import re
from typing import TypeVar

import msgspec

from service.errors import BadRequest

T = TypeVar("T")

_PLACE = re.compile(r"^(?P<message>.*?)(?: - at `\$\.?(?P<path>.*)`)?$", re.DOTALL)

_ESCAPES = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a whole pair
    rb"|(?P<lone>\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|\\."
)


def decode(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Return the body as the decoder's type. Raises BadRequest."""
    try:
        return _decode(body, decoder)
    except msgspec.ValidationError as error:
        raise _invalid(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(f"the body is not valid JSON: {_syntax(error)}") from None


def _decode(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    try:
        return decoder.decode(body)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        # JavaScript cuts strings between the halves of a surrogate pair; such text is read as U+FFFD, not refused.
        if (mended := _ESCAPES.sub(_mend, body)) == body:
            raise
        return decoder.decode(mended)


def _mend(escape: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if escape["lone"] else escape[0]


def _invalid(error: msgspec.ValidationError) -> BadRequest:
    found = _PLACE.match(str(error))
    message, path = (found["message"], found["path"]) if found else (str(error), None)
    if message.startswith("Invalid enum value"):
        message = "is not one of the allowed values"
    elif message.startswith("Object contains unknown field"):
        message = "has an unknown field"
    elif message.startswith("Invalid value"):
        message = "is not one of the allowed values"
    else:
        message = message[0].lower() + message[1:].replace("`", "")
    return BadRequest(message, path or None)


def _syntax(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    text = str(error).removeprefix("JSON is malformed: ")
    return text[0].lower() + text[1:]
