"""The request as routes take it: no user and no credentials of Litestar's, and the application's state."""

import sys

from litestar import Request
from litestar.datastructures import State

from service.errors import ClientGone, TooLarge


class Asked(Request[None, None, State]):
    """Litestar's. Its own way of reading a body, a generator, takes 5 µs more: a tenth of a request of a known text."""

    __slots__ = ()

    async def body(self) -> bytes:
        """Return the body, for the route's RawBody: it is read once and not kept.

        Raises TooLarge, without reading where the head says so, and ClientGone for who goes half-way.
        """
        most = self.route_handler.resolve_request_max_body_size() or sys.maxsize
        if (self.content_length or 0) > most:
            raise _too_large(most)
        body, more = bytearray(), True
        while more:
            message = await self.receive()
            if message["type"] != "http.request":
                raise ClientGone("the client closed the connection")
            body += message["body"]
            if len(body) > most:
                raise _too_large(most)
            more = message["more_body"]
        return bytes(body)


def _too_large(most: int) -> TooLarge:
    return TooLarge(f"the body is larger than {most} bytes")
