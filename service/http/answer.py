"""An answer that is encoded already, sent as it is."""

from litestar.response.base import ASGIResponse
from litestar.types import Receive, Scope, Send


class JsonAnswer(ASGIResponse):
    """JSON, with status 200. Litestar's own does more for each: its table of headers alone takes 4 µs."""

    __slots__ = ()

    def __init__(self, body: bytes) -> None:
        self.body = body

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it."""
        length = b"%d" % len(self.body)
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})
