"""Everything that can go wrong with a request; a message names the field and the limit, never the text.

    bytes -> caller    -> decode -> limits -> policy -> admission -> scoring -> answer
          Unauthorized BadRequest TooLarge BadRequest Overloaded  ScoringFailed
          Forbidden                                   DeadlineExceeded

ServiceError
├── BadRequest          400  not JSON, wrong types, unknown policy or category
├── Unauthorized        401  no API key, or none that is in force
├── Forbidden           403  the API key has not the scope that this takes
├── NotFound            404  no such route, policy or version
├── MethodNotAllowed    405  Allow says which methods the route has
├── Conflict            409  what is asked for does not fit what is there
├── PreconditionFailed  412  somebody changed it meanwhile
├── TooLarge            413  body, items, characters or tokens beyond a limit
├── UnsupportedEncoding 415  a compressed body
├── PreconditionRequired 428  a change must say by ETag what it changes
├── Overloaded          429  the queue is full; Retry-After says when to come back
├── ClientGone          499  the client closed the connection; counted, never sent
├── ScoringFailed       500  the session failed; the policy's on_error may answer instead
├── Unavailable         503  draining or not yet ready
└── DeadlineExceeded    504  the caller's deadline passed first
"""

from collections.abc import Sequence
from typing import ClassVar

import msgspec


class ServiceError(Exception):
    """The root: `status` is HTTP's, `slug` names the kind of problem and is stable."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "error"
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str, headers: dict[str, str] | None = None) -> None:
        self.detail = detail
        self.headers = headers or {}
        super().__init__(detail)


class BadRequest(ServiceError):
    """The request cannot be understood; `field` is where, if known."""

    status = 400
    slug = "bad-request"
    title = "Bad request"

    def __init__(self, detail: str, field: str | None = None) -> None:
        self.field = field
        super().__init__(f"{field}: {detail}" if field else detail)


class InvalidPolicy(BadRequest):
    """A policy has mistakes; `problems` are all of them, with their lines where it came as YAML."""

    def __init__(self, problems: Sequence["Mistake"]) -> None:
        self.problems = tuple(problems)
        first, more = self.problems[0], len(self.problems) - 1
        words = f"{first.path}: {first.message}" if first.path else first.message
        line = f" (line {first.line})" if first.line else ""
        super().__init__(words + line + (f"; and {more} more" if more else ""), "policy")


class Unauthorized(ServiceError):
    """An API key is needed, and none that is in force came; what is wrong with one is never said."""

    status = 401
    slug = "unauthorized"
    title = "Unauthorized"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, {"WWW-Authenticate": 'Bearer realm="tidegate"'})


class Forbidden(ServiceError):
    """The API key is in force, and this is beyond what it may do."""

    status = 403
    slug = "forbidden"
    title = "Forbidden"


class NotFound(ServiceError):
    """No route has this path, or what it names is not there."""

    status = 404
    slug = "not-found"
    title = "Not found"


class MethodNotAllowed(ServiceError):
    """The route has other methods; the Allow header names them."""

    status = 405
    slug = "method-not-allowed"
    title = "Method not allowed"


class Conflict(ServiceError):
    """What is asked for does not fit what is there."""

    status = 409
    slug = "conflict"
    title = "Conflict"


class PreconditionFailed(ServiceError):
    """What is to be changed is not as the request believes; the ETag header says which it is now."""

    status = 412
    slug = "precondition-failed"
    title = "Precondition failed"


class TooLarge(ServiceError):
    """A limit is exceeded; nothing was scored."""

    status = 413
    slug = "too-large"
    title = "Too large"


class UnsupportedEncoding(ServiceError):
    """The body is compressed; the Accept-Encoding header says that none may be."""

    status = 415
    slug = "unsupported-encoding"
    title = "Unsupported encoding"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, {"Accept-Encoding": "identity"})


class PreconditionRequired(ServiceError):
    """A change needs If-Match with the ETag of what it changes, or If-None-Match: * to make something new."""

    status = 428
    slug = "precondition-required"
    title = "Precondition required"


class Overloaded(ServiceError):
    """The queue has no room for the whole request; nothing of it was queued."""

    status = 429
    slug = "overloaded"
    title = "Overloaded"

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail, {"Retry-After": str(retry_after)})


class ClientGone(ServiceError):
    """The client closed the connection; there is nobody to answer. The status is nginx's, and only counted."""

    status = 499
    slug = "client-gone"
    title = "Client gone"


class ScoringFailed(ServiceError):
    """The session raised, or answered with the wrong number of rows."""

    slug = "scoring-failed"
    title = "Scoring failed"


class Unavailable(ServiceError):
    """The service is draining or not yet ready."""

    status = 503
    slug = "unavailable"
    title = "Unavailable"


class DeadlineExceeded(ServiceError):
    """The caller's deadline passed before the scores were there."""

    status = 504
    slug = "deadline-exceeded"
    title = "Deadline exceeded"


class Mistake(msgspec.Struct, frozen=True, omit_defaults=True):
    """One mistake of a policy: its path, and its line from 1 where the policy came as YAML."""

    path: str
    message: str
    line: int = 0
