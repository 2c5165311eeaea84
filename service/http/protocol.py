"""One connection: uvicorn's HTTP/1.1, with bounds for what is no body and for the time that a request takes to come.

No header counts but those of the head.
"""

import asyncio

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Of a request's head, and of whatever else comes beside its body: trailers, extensions of chunks. What the socket gives
# at once, a quarter of a megabyte, may come on top.
MOST_HEAD_BYTES = 65_536
_INVALID = "Invalid HTTP request received."
_TOO_LARGE = f"The head of the request is larger than {MOST_HEAD_BYTES} bytes."
_LATE = "A request did not come whole within TIDEGATE_RECEIVE_SECONDS."


class Protocol(HttpToolsProtocol):
    """uvicorn's, but an offer to upgrade is passed over, trailers are dropped, and who was reset is let go of at once.

    uvicorn stops the timer of an idle connection only when the client said farewell: after a reset it kept all of a
    request for KEEP_ALIVE_SECONDS. Trailers it puts among the headers, where one could name a tenant behind the back of
    a gateway that sets the header (RFC 9110, section 6.5.1). And it waits for ever for what a client has begun to send,
    or never begins: a connection on which nothing has come is an idle one here.
    """

    # From the first byte of a request to its last.
    receive_seconds: float

    _beside = 0
    _between = True
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's is
        """Wait for a request, no longer than for a second one."""
        super().connection_made(transport)
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def data_received(self, data: bytes | memoryview) -> None:
        """Read on; a request that cannot be read ends the connection.

        uvicorn takes what follows an offer to upgrade (`Upgrade: h2c`, which Java's client makes with every first
        request) for another protocol's: the body was lost, or read as a request of its own.
        """
        self._unset_keepalive_if_required()
        self._beside += len(data)
        self._between = False
        try:
            while True:
                try:
                    self.parser.feed_data(data)
                    break
                except httptools.HttpParserUpgrade as offer:
                    data = memoryview(data)[offer.args[0] :]
                    head = self._head_without_offer()
                    # As uvicorn makes them. After a request with `Connection: close` the old one reads no more.
                    self.parser = httptools.HttpRequestParser(self)
                    self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
                    self.parser.feed_data(head)
        except httptools.HttpParserError:
            self._refuse(_INVALID)
        else:
            if self._beside > MOST_HEAD_BYTES:
                self._refuse(_TOO_LARGE)
            elif not (self._between or self._late):
                self._late = self.loop.call_later(self.receive_seconds, self._end_late)

    def on_message_begin(self) -> None:
        """Begin the head, be it behind another request's end."""
        super().on_message_begin()
        self._between = False

    def on_headers_complete(self) -> None:
        """Begin the request; what is a header from now on is a trailer, and goes nowhere."""
        super().on_headers_complete()
        self.headers = []
        self._beside = 0

    def on_body(self, body: bytes) -> None:
        """Take a part of the body, whose bound is the application's."""
        self._beside = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the request."""
        self._beside = 0
        self._between = True
        self._stop_clock()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of everything; `exc` is the reset, if it was one."""
        super().connection_lost(exc)
        self._unset_keepalive_if_required()
        self._stop_clock()

    def _should_upgrade(self) -> bool:
        """Have uvicorn leave alone what it has read with an offer: it is read again without."""
        return True

    def _head_without_offer(self) -> bytes:
        method = self.scope["method"]
        if method == "CONNECT":  # by itself an offer, and to no protocol that there is here
            raise httptools.HttpParserError(_INVALID)
        lines = [b"%b: %b" % header for header in self.scope["headers"] if header[0] != b"upgrade"]
        first = b"%b %b HTTP/%b" % (method.encode(), self.url, self.scope["http_version"].encode())
        return b"\r\n".join([first, *lines, b"", b""])

    def _stop_clock(self) -> None:
        if self._late:
            self._late.cancel()
            self._late = None

    def _end_late(self) -> None:
        """Close, without an answer; but wait on where it is us who do not read, or who owe the answer before."""
        answering = self.cycle is not None and not (self.cycle.more_body or self.cycle.response_complete)  # type: ignore[redundant-expr]
        if self.flow.read_paused or answering:
            self._late = self.loop.call_later(self.receive_seconds, self._end_late)
        else:
            self.logger.warning(_LATE)
            self.transport.close()

    def _refuse(self, why: str) -> None:
        """Say so where no answer is under way, and close."""
        self.logger.warning(why)
        if self.cycle is None or self.cycle.response_complete:  # type: ignore[redundant-expr]  # none before the first
            self.send_400_response(why)
        else:
            self.transport.close()


def waiting(seconds: float) -> type[Protocol]:
    """Return the protocol that waits so long for a whole request."""

    class Waiting(Protocol):
        receive_seconds = seconds

    return Waiting
