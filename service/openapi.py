"""The API's description, and a page to read it on that needs no internet."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import litestar_offline_docs
import msgspec
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import SwaggerRenderPlugin
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.router import Router
from litestar.static_files import create_static_files_router

ASSETS = "/schema/assets"


def takes(kind: type[msgspec.Struct]) -> type[Operation]:
    """Return an operation whose request body is described by `kind`.

    Routes take the body as bytes and decode it themselves, straight into the struct; Litestar then cannot know
    its shape.
    """
    (reference,), components = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    schema = _inlined(reference, components)

    @dataclass
    class Described(Operation):
        def __post_init__(self) -> None:
            self.request_body = RequestBody(
                content={"application/json": OpenAPIMediaType(schema=schema)}, required=True
            )

    return Described


class _AsWritten(Schema):
    """A JSON schema that is already a dictionary."""

    def __init__(self, written: dict[str, Any]) -> None:
        super().__init__()
        self.written = written

    def to_schema(self) -> dict[str, Any]:
        return self.written


def _inlined(node: Any, components: dict[str, Any]) -> Any:
    return _AsWritten(_resolve(node, components))


def _resolve(node: Any, components: dict[str, Any]) -> Any:
    if isinstance(node, list):
        return [_resolve(each, components) for each in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _resolve(components[node["$ref"].rsplit("/", 1)[1]], components)
    return {key: _resolve(value, components) for key, value in node.items()}


def api_page(version: str) -> OpenAPIConfig:
    """Return the description's configuration: /schema is the page, /schema/openapi.json the description."""
    return OpenAPIConfig(
        title="tidegate",
        version=version,
        path="/schema",
        render_plugins=[
            SwaggerRenderPlugin(
                js_url=f"{ASSETS}/swagger-ui-bundle.js",
                css_url=f"{ASSETS}/swagger-ui.css",
                standalone_preset_js_url=f"{ASSETS}/swagger-ui-standalone-preset.js",
                favicon="<link rel='icon' href='data:,'>",
                path="/",
            )
        ],
    )


def api_assets() -> Router:
    """Serve Swagger UI's files from the installed package."""
    return create_static_files_router(
        path=ASSETS, directories=[Path(litestar_offline_docs.__file__).parent / "static"], include_in_schema=False
    )
