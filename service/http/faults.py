"""Every exception becomes an answer here: problem details, or OpenAI's error object on its routes."""

import logging
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException

from service.configuration.settings import variable
from service.errors import (
    BadRequest,
    MethodNotAllowed,
    NotFound,
    ServiceError,
    UnsupportedEncoding,
)
from service.served import Served
from service.wire.errors import PROBLEM_JSON, as_openai, as_problem

# What stands under these is there while a setting says so.
_SWITCHED = {"schema": "docs_page", "console": "console"}
# RFC 9110, section 8.4.1, and those that came later.
_COMPRESSED = {"gzip", "x-gzip", "deflate", "compress", "x-compress", "br", "zstd"}
OPENAI_ROUTES = ("/v1/moderations",)
# What OpenAI's clients ask for where their base URL has no /v1 at its end, or two.
_MISLED = ("/moderations", "/v1/v1/moderations")
_log = logging.getLogger("tidegate")


class Unexpected(ServiceError):
    """A bug of ours. Its message may hold anything, so it is neither sent nor logged; its kind and place are."""


def to_response(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Return the answer for an exception; a client that has gone gets one that is never sent."""
    known = _known(error, request)
    # Their clients show a message only where it stands as OpenAI's do.
    if _path(request) in OPENAI_ROUTES + _MISLED:
        return Response(as_openai(known), status_code=known.status, headers=known.headers)
    return Response(as_problem(known), status_code=known.status, headers=known.headers, media_type=PROBLEM_JSON)


def _known(error: Exception, request: Request[Any, Any, Any]) -> ServiceError:
    if isinstance(error, BadRequest) and _is_compressed(request):
        return UnsupportedEncoding("the body is compressed: send it as it is, without Content-Encoding")
    if isinstance(error, ServiceError):
        return error
    if isinstance(error, HTTPException) and (refused := _refused(error, request)):
        return refused
    _log.error("%s at %s", type(error).__name__, _place(error))
    return Unexpected("an unexpected error; the log names its kind and place")


def _is_compressed(request: Request[Any, Any, Any]) -> bool:
    """Tell whether the body says that it is compressed, once it could not be read."""
    codings = request.headers.get("content-encoding", "").lower().split(",")
    return any(coding.strip() in _COMPRESSED for coding in codings)


def _refused(error: HTTPException, request: Request[Any, Any, Any]) -> ServiceError | None:
    """Return what Litestar refuses by itself, or None when it is not the request's fault."""
    match error.status_code:
        case 404:
            why = _misled(request) or _switched_off(request) or _described("those there are", request)
            return NotFound(f"there is no such route{why}")
        case 405:
            words = "the route has other methods" + _described("it", request)
            return MethodNotAllowed(words, {"allow": _with_head((error.headers or {})["allow"])})
        case status if status < 500:
            return BadRequest("the request cannot be read")
    return None


def _with_head(allowed: str) -> str:
    """Return the methods of a route with HEAD beside GET, which head.py answers and Litestar does not know of."""
    return ", ".join(sorted({*allowed.split(", "), *(["HEAD"] if "GET" in allowed else [])}))


def _path(request: Request[Any, Any, Any]) -> str:
    # Litestar cuts a closing slash off only where it has found a route.
    return str(request.scope["path"]).rstrip("/")


def _misled(request: Request[Any, Any, Any]) -> str:
    """Return what is wrong with an OpenAI client's base URL, where one seems to have asked."""
    return "; let the client's base URL end in /v1, once" if _path(request) in _MISLED else ""


def _switched_off(request: Request[Any, Any, Any]) -> str:
    """Return which setting would have the route there, if one would."""
    setting = _SWITCHED.get(request.scope["path"].strip("/").partition("/")[0])
    served: Served | None = request.app.state.get("served")
    off = setting and served and not getattr(served.settings, setting)
    return f": {variable(setting)} is false" if setting and off else ""


def _described(what: str, request: Request[Any, Any, Any]) -> str:
    """Return where to read about it, if the API's page is served at all."""
    return f"; GET /schema describes {what}" if request.app.openapi_config else ""


def _place(error: Exception) -> str:
    """Return the innermost frame as file:line. A traceback's source lines and values could hold text."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "nowhere"
