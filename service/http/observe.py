"""Count and time every answer by route template: paths and bodies never become labels."""

import asyncio
import time
from functools import cache

from litestar import Litestar
from litestar.types import ASGIApp, Receive, Scope, Send
from litestar.utils import normalize_path

from service.errors import MethodNotAllowed, Unavailable
from service.metrics import Metrics

_UNKNOWN = "unknown"
# In a request's scope: when its route was found, in seconds of perf_counter.
_BEGAN = "tidegate_began"


class Observe:
    """Times routes from the outermost middleware on; counts as a hook, for what has no route meets no middleware."""

    def __init__(self, metrics: Metrics) -> None:
        # Looked up once for each route and status: there are as many as the API has.
        self._latency = cache(metrics.latency.labels)
        self._requests = cache(metrics.requests.labels)

    def timed(self, app: ASGIApp) -> ASGIApp:
        """Return the application as it is called by the middleware: a request's time begins here."""

        async def begun(scope: Scope, receive: Receive, send: Send) -> None:
            scope["state"][_BEGAN] = time.perf_counter()
            try:
                await app(scope, receive, send)
            except asyncio.CancelledError:
                # Only the end cancels a request, after TIDEGATE_SHUTDOWN_SECONDS; uvicorn would log a traceback.
                raise Unavailable("the service is stopping") from None

        return begun

    def count(self, status: int, scope: Scope) -> None:
        """Count an answer that begins, one that a client that has gone will not get included."""
        route = scope.get("path_template") or (_refusing(scope) if status == MethodNotAllowed.status else _UNKNOWN)
        self._requests(route, status).inc()
        if began := scope["state"].get(_BEGAN):
            self._latency(route).observe(time.perf_counter() - began)


def _refusing(scope: Scope) -> str:
    """Return the template of a route that does not have the request's method: every one has OPTIONS."""
    *_, template = Litestar.from_scope(scope).asgi_router.handle_routing(normalize_path(scope["path"]), "OPTIONS")
    return template
