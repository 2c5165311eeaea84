"""Check plain data against a msgspec type, and say every mistake in plain words with its place.

`msgspec.convert` stops at the first mistake and names no dictionary key, so the walk is ours and only the
leaves are msgspec's. The types themselves (fields, enums, bounds) are read through `msgspec.inspect`.
"""

from typing import TypeVar

import msgspec
from msgspec import inspect

from taxonomy.document import Document, Path, Plain, suggestion

T = TypeVar("T")


def read(document: Document, data: Plain, kind: type[T], path: Path = ()) -> T | None:
    """Return `data` as `kind`, or None with the reasons added to the document's problems."""
    before = len(document.problems)
    _walk(document, data, inspect.type_info(kind), path)
    return None if len(document.problems) > before else msgspec.convert(data, kind)


def _walk(document: Document, data: Plain, info: inspect.Type, path: Path) -> None:
    if isinstance(info, inspect.StructType):
        _walk_struct(document, data, info, path)
    elif isinstance(info, inspect.DictType):
        if not isinstance(data, dict):
            document.report(path, f"must be a mapping, not {_shown(data)}")
            return
        for key, value in data.items():
            _walk(document, value, info.value_type, (*path, key))
    elif isinstance(info, inspect.VarTupleType | inspect.ListType):
        if not isinstance(data, list):
            document.report(path, f"must be a list, not {_shown(data)}")
            return
        for i, value in enumerate(data):
            _walk(document, value, info.item_type, (*path, i))
    else:
        _check_leaf(document, data, info, path)


def _walk_struct(document: Document, data: Plain, info: inspect.StructType, path: Path) -> None:
    if not isinstance(data, dict):
        document.report(path, f"must be a mapping, not {_shown(data)}")
        return
    fields = {field.encode_name: field for field in info.fields}
    for key, value in data.items():
        if key in fields:
            _walk(document, value, fields[key].type, (*path, key))
        else:
            document.report((*path, key), f"unknown key '{key}'{suggestion(key, fields)}")
    for name, field in fields.items():
        if field.required and name not in data:
            document.report(path, f"'{name}' is missing")


def _check_leaf(document: Document, data: Plain, info: inspect.Type, path: Path) -> None:
    leaves = _members(info)
    if not any(_fits(data, leaf) for leaf in leaves):
        wanted = " or ".join(_words(leaf) for leaf in leaves)
        near = ""
        if isinstance(data, str) and isinstance(leaves[0], inspect.EnumType):
            near = suggestion(data, [str(member.value) for member in leaves[0].cls])
        document.report(path, f"must be {wanted}, not {_shown(data)}{near}")


def _members(info: inspect.Type) -> tuple[inspect.Type, ...]:
    return info.types if isinstance(info, inspect.UnionType) else (info,)


def _fits(data: Plain, info: inspect.Type) -> bool:
    match info:
        case inspect.BoolType():
            return isinstance(data, bool)
        case inspect.FloatType(ge=ge, le=le):
            number = isinstance(data, int | float) and not isinstance(data, bool)
            return number and (ge is None or data >= ge) and (le is None or data <= le)  # type: ignore[operator]
        case inspect.EnumType(cls=cls):
            return data in [member.value for member in cls]
        case inspect.StrType():
            return isinstance(data, str)
        case _:
            raise TypeError(f"no rule for {info!r}")  # a new field type needs words of its own


def _words(info: inspect.Type) -> str:
    match info:
        case inspect.BoolType():
            return "true or false"
        case inspect.FloatType(ge=ge, le=le) if ge is not None and le is not None:
            return f"a number from {ge:g} to {le:g}"
        case inspect.EnumType(cls=cls):
            return "one of " + ", ".join(str(member.value) for member in cls)
        case inspect.StrType():
            return "text"
        case _:
            raise TypeError(f"no words for {info!r}")


def _shown(data: Plain) -> str:
    match data:
        case None:
            return "nothing"
        case bool():
            return str(data).lower()
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case str():
            return f"'{data}'"
        case _:
            return str(data)
