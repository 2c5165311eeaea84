"""What one setting takes: a value from a variable's text or a file, checked, and the kind in words."""

from typing import Any

import msgspec
from msgspec import inspect

# A file's mode.
OCTAL = "^[0-7]{3}$"


def converted(value: object, hint: Any, *, from_text: bool) -> object:
    """Return the value of a setting; `from_text` where all that came is text. Raises ValueError."""
    if isinstance(value, str):
        # Lone surrogates are bytes that are not UTF-8; they and NUL would fail where the value is used.
        value.encode()
        if "\0" in value:
            raise ValueError
    found = msgspec.convert(value, hint, strict=not from_text)
    if found is None:  # nothing in a file, and what msgspec makes of the text "null"
        raise ValueError
    return found


def wanted(hint: Any) -> str:
    """Return what a setting takes, in words."""
    return _wanted(inspect.type_info(hint))


def _wanted(kind: inspect.Type) -> str:
    match kind:
        case inspect.Metadata(type=inner) | inspect.UnionType(types=(inner, inspect.NoneType())):
            return _wanted(inner)
        case inspect.EnumType(cls=choices):
            return f"one of {', '.join(choices)}"
        case inspect.BoolType():
            return "true or false"
        case inspect.StrType(pattern=pattern) if pattern == OCTAL:
            return "three octal digits"
        case inspect.IntType(ge=least, le=most):
            return f"a whole number from {least} to {most}"
        case inspect.FloatType(ge=least, le=most):
            return f"a number from {least} to {most}"
    return "UTF-8 text"
