"""The API's description, and a page to read it on that needs no internet."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import litestar_offline_docs
import msgspec
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.plugins import SwaggerRenderPlugin
from litestar.openapi.spec import (
    Components,
    OpenAPIMediaType,
    OpenAPIType,
    Operation,
    Parameter,
    RequestBody,
    Schema,
    SecurityScheme,
)
from litestar.router import Router
from litestar.static_files import create_static_files_router

from service import deadline, tenant
from service.errors import BadRequest, DeadlineExceeded, Forbidden, Overloaded, ServiceError, TooLarge, Unauthorized

ASSETS = "/schema/assets"
STRANGERS = (Unauthorized, Forbidden)
REFUSALS = (BadRequest, *STRANGERS, TooLarge, Overloaded, DeadlineExceeded)


def takes(kind: type[msgspec.Struct], *, judges: bool = True) -> type[Operation]:
    """Return an operation whose request body is described by `kind`, and which takes a tenant; to judge, a deadline.

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
            self.parameters = [_DEADLINE, _TENANT] if judges else [_TENANT]

    return Described


def refuses(
    shape: type[msgspec.Struct], media_type: str, kinds: Sequence[type[ServiceError]] = REFUSALS
) -> dict[int, ResponseSpec]:
    """Return the descriptions of a route's errors, each with a body of `shape`."""
    return {
        kind.status: ResponseSpec(shape, generate_examples=False, description=kind.title, media_type=media_type)
        for kind in kinds
    }


def answers(shape: type[msgspec.Struct]) -> dict[int, ResponseSpec]:
    """Return the description of what a route answers that encodes its answer itself."""
    return {200: ResponseSpec(shape, generate_examples=False, description="Request fulfilled, document follows")}


_DEADLINE = Parameter(
    name=deadline.HEADER,
    param_in="header",
    description="Milliseconds from now after which an answer is worth nothing: 504, and the text is not scored.",
    schema=Schema(type=OpenAPIType.INTEGER, minimum=1, maximum=3_600_000),
)

_TENANT = Parameter(
    name=tenant.HEADER,
    param_in="header",
    description="Who asks: one tenant's flood does not keep another's texts waiting. "
    "In no metric or message; in the decision log, if one is kept.",
    schema=Schema(type=OpenAPIType.STRING, max_length=tenant.LONGEST),
)


_KEY = SecurityScheme(
    type="http",
    scheme="bearer",
    description="An API key, as `tidegate keys create` prints it. Without any, callers on the same machine need none.",
)


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
        beside = {key: value for key, value in node.items() if key != "$ref"}  # a default, a description
        return _resolve(components[node["$ref"].rsplit("/", 1)[1]], components) | beside
    return {key: _resolve(value, components) for key, value in node.items()}


def api_page(version: str) -> OpenAPIConfig:
    """Return the description's configuration: /schema is the page, /schema/openapi.json the description."""
    return OpenAPIConfig(
        title="tidegate",
        version=version,
        path="/schema",
        use_handler_docstrings=True,
        components=Components(security_schemes={"key": _KEY}),
        security=[{"key": []}, {}],  # the second: none, where no key is asked for
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
