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

from service.errors import (
    BadRequest,
    Conflict,
    DeadlineExceeded,
    Forbidden,
    Overloaded,
    PreconditionFailed,
    PreconditionRequired,
    ServiceError,
    TooLarge,
    Unauthorized,
    Unavailable,
    UnsupportedEncoding,
)
from service.http import deadline, tenant
from service.wire.errors import PROBLEM_JSON, Problem
from service.wire.policies import LONGEST_REASON
from taxonomy.tenants import LONGEST

ASSETS = "/schema/assets"
STRANGERS = (Unauthorized, Forbidden)
OF_BODIES = (TooLarge, UnsupportedEncoding)
REFUSALS = (BadRequest, *STRANGERS, *OF_BODIES, Overloaded, DeadlineExceeded)
CHANGING = (BadRequest, *STRANGERS, Conflict, PreconditionFailed, PreconditionRequired, Unavailable)


def takes(kind: type[msgspec.Struct], *, judges: bool = True) -> type[Operation]:
    """Return an operation whose request body is described by `kind`, and which takes a tenant; to judge, a deadline.

    Routes take the body as bytes and decode it themselves, straight into the struct; Litestar then cannot know
    its shape.
    """
    return _described(_body(kind), [_DEADLINE, _TENANT] if judges else [_TENANT])


def describes(kind: type[msgspec.Struct]) -> type[Operation]:
    """Return an operation whose request body is described by `kind`."""
    return _described(_body(kind), [])


def changes(kind: type[msgspec.Struct] | None = None, *, yaml: bool = False) -> type[Operation]:
    """Return an operation that changes something, on a condition; `kind` is its body's, `yaml` another for it.

    Where the body says no reason, the address may.
    """
    body = _body(kind) if kind else None
    if body and yaml:
        body.content["application/yaml"] = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING))
    return _described(body, [_IF_MATCH, _IF_NONE_MATCH, *([_REASON] if yaml or not kind else [])])


def pages(limit: int, most: int) -> type[Operation]:
    """Return an operation that answers by pages: `limit` versions by default, `most` at most."""
    counted = Schema(type=OpenAPIType.INTEGER, minimum=1, maximum=most, default=limit)
    older = Schema(type=OpenAPIType.INTEGER, minimum=0)
    return _described(
        None,
        [
            Parameter(name="limit", param_in="query", description="How many versions at most.", schema=counted),
            Parameter(
                name="before",
                param_in="query",
                description="Only versions older than this one: the last of the page before.",
                schema=older,
            ),
        ],
    )


def compares() -> type[Operation]:
    """Return an operation that takes the numbers of two versions in the address."""
    return _described(None, [_version("from", "in force"), _version("to", "saved last")])


def _version(name: str, otherwise: str) -> Parameter:
    schema = Schema(type=OpenAPIType.INTEGER, minimum=0)
    words = f"A version; 0 is what is shipped. By default the one {otherwise}."
    return Parameter(name=name, param_in="query", description=words, schema=schema)


def _body(kind: type[msgspec.Struct]) -> RequestBody:
    (reference,), components = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    schema = _inlined(reference, components)
    return RequestBody(content={"application/json": OpenAPIMediaType(schema=schema)}, required=True)


def _described(body: RequestBody | None, parameters: list[Parameter]) -> type[Operation]:
    @dataclass
    class Described(Operation):
        def __post_init__(self) -> None:
            self.request_body = body
            self.parameters = [*(self.parameters or []), *parameters]

    return Described


def refuses(
    kinds: Sequence[type[ServiceError]] = REFUSALS,
    shape: type[msgspec.Struct] = Problem,
    media_type: str = PROBLEM_JSON,
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
    schema=Schema(type=OpenAPIType.STRING, max_length=LONGEST),
)


_KEY = SecurityScheme(
    type="http",
    scheme="bearer",
    description="An API key, as `tidegate keys create` prints it. Without any, callers on the same machine need none.",
)


_IF_MATCH = Parameter(
    name="If-Match",
    param_in="header",
    description="The ETag of what is to be changed, as it was read: 412 if it was changed meanwhile, 428 without.",
    schema=Schema(type=OpenAPIType.STRING),
)

_IF_NONE_MATCH = Parameter(
    name="If-None-Match",
    param_in="header",
    description="* to make something new: 412 if it is there already.",
    schema=Schema(type=OpenAPIType.STRING),
)

_REASON = Parameter(
    name="reason",
    param_in="query",
    description="Why, for whoever reads the versions.",
    schema=Schema(type=OpenAPIType.STRING, max_length=LONGEST_REASON),
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
