"""A struct's JSON schema in one piece, for a body that Litestar does not know the shape of."""

from typing import Any

import msgspec
from litestar.openapi.spec import Schema


class _AsWritten(Schema):
    """A JSON schema that is already a dictionary."""

    def __init__(self, written: dict[str, Any]) -> None:
        super().__init__()
        self.written = written

    def to_schema(self) -> dict[str, Any]:
        return self.written


def inlined(kind: type[msgspec.Struct]) -> Schema:
    """Return the JSON schema of a struct, with all it refers to in place."""
    (reference,), components = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    return _AsWritten(_resolve(reference, components))


def _resolve(node: Any, components: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_resolve(each, components) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        beside = {key: value for key, value in node.items() if key != "$ref"}  # a default, a description
        return _resolve(components[node["$ref"].rsplit("/", 1)[1]], components) | beside
    return {key: _resolve(value, components) for key, value in node.items()}
