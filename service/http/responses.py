"""What a route may answer, as the API's description says it."""

from collections.abc import Sequence

import msgspec
from litestar.openapi import ResponseSpec

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
from service.wire.errors import PROBLEM_JSON, Problem

STRANGERS = (Unauthorized, Forbidden)
OF_BODIES = (TooLarge, UnsupportedEncoding)
REFUSALS = (BadRequest, *STRANGERS, *OF_BODIES, Overloaded, DeadlineExceeded)
CHANGING = (BadRequest, *STRANGERS, Conflict, PreconditionFailed, PreconditionRequired, Unavailable)


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
