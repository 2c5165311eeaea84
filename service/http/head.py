"""HEAD wherever there is GET, which is what load balancers and monitors probe with."""

from typing import Any

from litestar.types import ASGIApp, Receive, Send


def answering_head(app: ASGIApp) -> ASGIApp:
    """Return the application, to which a HEAD is a GET. uvicorn, whose scope still says HEAD, sends no body of it."""

    async def answered(scope: Any, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        await app(scope, receive, send)

    return answered
