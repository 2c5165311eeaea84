"""Count and time every answer by route template: paths and bodies never become labels."""

import asyncio
import time
from functools import cache

from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import Unavailable
from service.metrics import Metrics


class Observe(ASGIMiddleware):
    """Times routes as the outermost middleware; counts as a hook, for what has no route meets no middleware."""

    def __init__(self, metrics: Metrics) -> None:
        # Looked up once for each route and status: there are as many as the API has.
        self._latency = cache(metrics.latency.labels)
        self._requests = cache(metrics.requests.labels)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on and record its time."""
        began = time.perf_counter()

        async def timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._latency(_route(scope)).observe(time.perf_counter() - began)
            await send(message)

        try:
            await next_app(scope, receive, timed)
        except asyncio.CancelledError:
            # Only the end cancels a request, after TIDEGATE_SHUTDOWN_SECONDS; uvicorn would log a traceback of each.
            raise Unavailable("the service is stopping") from None

    async def count(self, message: Message, scope: Scope) -> None:
        """Count an answer, one that a client that has gone will not get included."""
        if message["type"] == "http.response.start":
            self._requests(_route(scope), message["status"]).inc()


def _route(scope: Scope) -> str:
    return scope.get("path_template") or "unknown"
