"""What may stand at a place of a request: the words of a choice, a range, or the names of an object's fields."""

import re
from functools import cache

from msgspec import inspect

_STEP = re.compile(r"\w+|\[[\d.]+\]")


def allowed_at(kind: type, path: str) -> list[str]:
    """Return the words that may stand at a place, or the range of a number; of any other place nothing.

    `path` is as msgspec writes it: `items[0].role`, and `[...]` for a key that the request chose.
    """
    found = _inside(_described(kind))
    for step in _STEP.findall(path):
        found = [inner for each in found for inner in _entered(each, step)]
    return [word for each in found for word in _words(each)]


@cache
def _described(kind: type) -> inspect.Type:
    return inspect.type_info(kind)  # takes more than a millisecond


def _inside(info: inspect.Type) -> list[inspect.Type]:
    """Return the types that a type may be, one for most."""
    match info:
        case inspect.Metadata(type=inner):
            return _inside(inner)
        case inspect.UnionType(types=types):
            return [each for inner in types for each in _inside(inner)]
        case _:
            return [info]


def _entered(info: inspect.Type, step: str) -> list[inspect.Type]:
    match info:
        case inspect.StructType(tag_field=str() as name, tag=str() as tag) if name == step:
            return [inspect.LiteralType((tag,))]
        case inspect.StructType(fields=fields):
            return [each for field in fields if field.encode_name == step for each in _inside(field.type)]
        case inspect.ListType(item_type=inner) if step != "[...]":
            return _inside(inner)
        case inspect.DictType(value_type=inner) if step == "[...]":
            return _inside(inner)
        case _:
            return []


def _words(info: inspect.Type) -> list[str]:
    match info:
        case inspect.EnumType(cls=cls):
            return [str(member.value) for member in cls]
        case inspect.LiteralType(values=values):
            return [str(value) for value in values]
        case inspect.StructType(fields=fields):
            return [field.encode_name for field in fields]
        case inspect.FloatType(ge=float() | int() as least, le=float() | int() as most):
            return [f"a number from {least:g} to {most:g}"]
        case _:
            return []
