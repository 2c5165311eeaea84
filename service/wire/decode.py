"""From a request body to a typed request; what is wrong is said by place, never by repeating the value."""

import json
import re
from typing import TypeVar

import msgspec

from service.errors import BadRequest

T = TypeVar("T")

# The last place is msgspec's own: a message may repeat a value, which may look like a place.
_PLACE = re.compile(r"(?P<message>.*?)(?: - at `\$\.?(?P<path>[\w.\[\]]*)`)?", re.DOTALL)

_ESCAPED = re.compile(rb"\\u[dD][89a-fA-F]")
_LONE = re.compile("[\ud800-\udfff]")


def decode(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """Return the body as the decoder's type. Raises BadRequest."""
    try:
        try:
            return decoder.decode(body)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            return decoder.decode(_mended(body))
    except msgspec.ValidationError as error:
        raise _invalid(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(f"the body is not valid JSON: {_syntax(error)}") from None


def _mended(body: bytes) -> bytes:
    """Return the body with U+FFFD for lone surrogates, or as it is when that is not its trouble.

    JavaScript cuts strings between the halves of a pair, and msgspec refuses the halves. Python's own decoder
    reads them, and knows a pair or an escaped backslash when it sees one.
    """
    if not _ESCAPED.search(body):
        return body
    try:
        text = json.dumps(json.loads(body.decode()), ensure_ascii=False)
    except ValueError:
        return body
    return _LONE.sub("\ufffd", text).encode()


def _invalid(error: msgspec.ValidationError) -> BadRequest:
    found = _PLACE.fullmatch(str(error))
    assert found  # both parts may be empty
    message = found["message"]
    if message.startswith(("Invalid enum value", "Invalid value")):
        message = "is not one of the allowed values"
    elif message.startswith("Object contains unknown field"):
        message = "has an unknown field"
    else:
        message = message[0].lower() + message[1:].replace("`", "")
    return BadRequest(message, found["path"] or None)


def _syntax(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    if isinstance(error, RecursionError):
        return "nested too deeply"
    text = str(error).removeprefix("JSON is malformed: ")
    return text[0].lower() + text[1:]
