"""Check plain data against a msgspec type, and say every mistake in plain words with its place.

`msgspec.convert` stops at the first mistake and names no dictionary key, so the walk is ours and only the
conversion is msgspec's. The types themselves (fields, enums, bounds) are read through `msgspec.inspect`.
"""

import re
from functools import cache
from typing import TypeVar

import msgspec
from msgspec import inspect

from taxonomy.document import Document, Plain
from taxonomy.wording import Place, one_line, shown, suggestion

T = TypeVar("T")


def read(document: Document, kind: type[T]) -> T | None:
    """Return the document's data as `kind`, or None with the reasons added to its problems."""
    before = len(document.problems)
    plain: type = kind  # mypy takes no type[T] to be hashable
    if document.data is not None:
        _walk(document, document.data, _described(plain), ())
    return None if document.data is None or len(document.problems) > before else msgspec.convert(document.data, kind)


@cache
def _described(kind: type) -> inspect.Type:
    """Return msgspec's description of a type, which takes two thirds of all that a policy's check does."""
    return inspect.type_info(kind)


def _walk(document: Document, data: Plain, info: inspect.Type, place: Place) -> None:
    info = _given(info)
    if isinstance(info, inspect.StructType | inspect.DictType):
        if not isinstance(data, dict):
            document.report(place, f"must be a mapping{_such(data, info)}, not {shown(data)}")
        elif isinstance(info, inspect.StructType):
            _walk_struct(document, data, info, place)
        else:
            _check_length(document, len(data), info.min_length, place)
            for key, value in data.items():
                _walk(document, value, info.value_type, (*place, key))
    elif isinstance(info, inspect.VarTupleType):
        if not isinstance(data, list):
            document.report(place, f"must be a list, not {shown(data)}")
            return
        _check_length(document, len(data), info.min_length, place)
        for i, value in enumerate(data):
            _walk(document, value, info.item_type, (*place, i))
    else:
        _check_leaf(document, data, info, place)


def _such(data: Plain, info: inspect.StructType | inspect.DictType) -> str:
    """Return how a number or a word of a choice is written where it stands for the mapping that holds it."""
    fields = {field.encode_name: _given(field.type) for field in getattr(info, "fields", ())}
    leaves = (
        (name, each) for name, each in fields.items() if isinstance(_bare(each), inspect.FloatType | inspect.EnumType)
    )
    return next((f" such as {{{name}: {data}}}" for name, each in leaves if _fits(data, each)), "")


def _given(info: inspect.Type) -> inspect.Type:
    """Return the type of an optional field's value: to leave it out is to write no line, not an empty one."""
    if isinstance(info, inspect.UnionType):
        (info,) = (each for each in info.types if not isinstance(each, inspect.NoneType))
    return info


def _check_length(document: Document, length: int, least: int | None, place: Place) -> None:
    if least is not None and length < least:
        document.report(place, f"must have {least} entry or more, not {length}")


def _walk_struct(document: Document, data: dict[str, Plain], info: inspect.StructType, place: Place) -> None:
    fields = {field.encode_name: field for field in info.fields}
    for key, value in data.items():
        if key in fields:
            _walk(document, value, fields[key].type, (*place, key))
        elif key != info.tag_field:
            document.report((*place, key), f"unknown key '{one_line(key)}'{suggestion(key, fields)}")
        elif value != info.tag:
            document.report((*place, key), f"must be {info.tag}, not {shown(value)}")
    missing = [name for name, field in fields.items() if field.required and name not in data]
    if info.tag_field and info.tag_field not in data:
        missing.insert(0, info.tag_field)
    for name in missing:
        document.report(place, f"'{name}' is missing")


def _check_leaf(document: Document, data: Plain, info: inspect.Type, place: Place) -> None:
    if _fits(data, info):
        return
    near = ""
    if isinstance(data, str) and isinstance(info, inspect.EnumType):
        near = suggestion(data, [str(member.value) for member in info.cls])
    elif isinstance(_bare(info), inspect.StrType) and isinstance(data, bool | int | float):
        near = "; put it in quotes"
    document.report(place, f"must be {_words(info)}, not {shown(data)}{near}")


def _bare(info: inspect.Type) -> inspect.Type:
    return info.type if isinstance(info, inspect.Metadata) else info


def _fits(data: Plain, info: inspect.Type) -> bool:
    match info:
        case inspect.Metadata(type=inner):
            return _fits(data, inner)
        case inspect.BoolType():
            return isinstance(data, bool)
        case inspect.IntType(ge=int() as ge, le=int() as le):
            return isinstance(data, int) and not isinstance(data, bool) and ge <= data <= le
        case inspect.FloatType(ge=float() | int() as ge, le=float() | int() as le):
            # NaN is in no range: both comparisons are false.
            return isinstance(data, int | float) and not isinstance(data, bool) and ge <= data <= le
        case inspect.EnumType(cls=cls):
            return data in [member.value for member in cls]
        case inspect.StrType(pattern=pattern):
            return isinstance(data, str) and (pattern is None or re.fullmatch(pattern, data) is not None)
        case _:
            raise TypeError(f"no rule for {info!r}")  # a new field type needs words of its own


def _words(info: inspect.Type) -> str:
    match info:
        case inspect.Metadata(extra_json_schema={"description": str() as description}):
            return description
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType(ge=ge, le=le):
            return f"a whole number from {ge} to {le}"
        case inspect.FloatType(ge=ge, le=le):
            return f"a number from {ge:g} to {le:g}"
        case inspect.EnumType(cls=cls):
            return "one of " + ", ".join(str(member.value) for member in cls)
        case inspect.StrType():
            return "text"
        case _:
            raise TypeError(f"no words for {info!r}")
