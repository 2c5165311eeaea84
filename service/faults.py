"""Every exception becomes an answer here: problem details, or OpenAI's error object on its routes."""

import logging
from typing import Any

from litestar import Request, Response
from litestar.exceptions import ClientException, HTTPException

from service.disconnect import ClientGone
from service.errors import BadRequest, ServiceError, TooLarge, as_openai, as_problem

OPENAI_ROUTES = ("/v1/moderations",)
PROBLEM_JSON = "application/problem+json"
_log = logging.getLogger("tidegate")


class _Http(ServiceError):
    """What Litestar itself answers: no such route, wrong method."""

    def __init__(self, error: HTTPException) -> None:
        titles = {404: "Not found", 405: "Method not allowed"}
        self.status = error.status_code  # type: ignore[misc]  # varies by instance here
        self.title = titles.get(error.status_code, "Request refused")  # type: ignore[misc]
        self.slug = self.title.lower().replace(" ", "-")  # type: ignore[misc]
        super().__init__(f"{self.title.lower()}; GET /schema describes the routes", dict(error.headers or {}))


class _Unexpected(ServiceError):
    """A bug of ours. Its message may hold anything, so it is neither sent nor logged; its kind and place are."""


def to_response(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Return the answer for an exception; a client that has gone gets one that is never sent."""
    known = _known(error, request)
    if request.scope["path"] in OPENAI_ROUTES:
        return Response(as_openai(known), status_code=known.status, headers=known.headers)
    return Response(as_problem(known), status_code=known.status, headers=known.headers, media_type=PROBLEM_JSON)


def _known(error: Exception, request: Request[Any, Any, Any]) -> ServiceError:
    if isinstance(error, ServiceError):
        return error
    if isinstance(error, ClientGone):
        return BadRequest("the client closed the connection")
    if isinstance(error, HTTPException) and error.status_code == 413:
        return TooLarge(f"the body is larger than {request.route_handler.resolve_request_max_body_size()} bytes")
    if isinstance(error, ClientException) and error.status_code == 400:
        return BadRequest("the request cannot be read")
    if isinstance(error, HTTPException):
        return _Http(error)
    _log.error("%s at %s", type(error).__name__, _place(error))
    return _Unexpected("an unexpected error; the log names its kind and place")


def _place(error: Exception) -> str:
    """Return the innermost frame as file:line. A traceback's source lines and values could hold text."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "nowhere"
