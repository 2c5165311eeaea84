"""Count and time every answer by route template: paths and bodies never become labels."""

import time

from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from service.metrics import Metrics


class Observe(ASGIMiddleware):
    """Outermost middleware."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Pass the request on and record its status and time."""
        began = time.perf_counter()
        route = scope.get("path_template") or "unknown"

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._metrics.requests.labels(route, message["status"]).inc()
                self._metrics.latency.labels(route).observe(time.perf_counter() - began)
            await send(message)

        await next_app(scope, receive, counted)
