"""What a route takes that reads its request itself, as the API's description says it: body, headers, address."""

from dataclasses import dataclass

import msgspec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, Parameter, RequestBody, Schema

from service.http import deadline, tenant
from service.http.schema import inlined
from service.wire.policies import LONGEST_REASON
from taxonomy.tenants import LONGEST

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
    return RequestBody(content={"application/json": OpenAPIMediaType(schema=inlined(kind))}, required=True)


def _described(body: RequestBody | None, parameters: list[Parameter]) -> type[Operation]:
    @dataclass
    class Described(Operation):
        def __post_init__(self) -> None:
            self.request_body = body
            self.parameters = [*(self.parameters or []), *parameters]

    return Described
