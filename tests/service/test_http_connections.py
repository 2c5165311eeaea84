"""What stands in a connection beside a request: offers to upgrade, trailers, heads without an end."""

import socket
from collections.abc import Sequence

import msgspec
import pytest

from service.http.protocol import MOST_HEAD_BYTES
from tests.running import RunningServer

BODY = b'{"items": [{"text": "a weapon"}]}'
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\n"
INVALID = b"Invalid HTTP request received."


def head(more: bytes, first: bytes = b"POST /v1/classify") -> bytes:
    return b"%b HTTP/1.1\r\nHost: localhost\r\n%b\r\n" % (first, more)


def chunked(trailers: bytes = b"") -> bytes:
    return b"%x\r\n%b\r\n0\r\n%b\r\n" % (len(BODY), BODY, trailers)


LAST = head(b"Connection: close\r\n", b"GET /health/live")


def answers(server: RunningServer, parts: Sequence[bytes]) -> list[tuple[int, bytes]]:
    """Send the parts, each when what came before was read, and return status and body of all answers."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts:
            connection.sendall(part)
        found = []
        with connection.makefile("rb") as file:
            while line := file.readline():
                headers = dict(each.rstrip().lower().split(b": ", 1) for each in iter(file.readline, b"\r\n"))
                found.append((int(line.split()[1]), file.read(int(headers[b"content-length"]))))
        return found


def assert_judged(answer: tuple[int, bytes]) -> None:
    assert answer[0] == 200, answer
    assert msgspec.json.decode(answer[1])["verdict"] == "block"


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize(("framing", "body"), [(LENGTH, BODY), (CHUNKED, chunked())])
def test_a_request_that_offers_an_upgrade_is_answered(
    server: RunningServer, framing: bytes, body: bytes, apart: bool
) -> None:
    whole = [head(OFFER + framing), body, LAST]
    judged, last = answers(server, whole if apart else [b"".join(whole)])
    assert_judged(judged)
    assert last == (200, b'{"status":"live"}')


def test_a_body_behind_an_offer_is_no_request(server: RunningServer) -> None:
    inner = head(b"", b"GET /health/live")
    offering = head(OFFER + b"Connection: close\r\nContent-Length: %d\r\n" % len(inner))
    (only,) = answers(server, [offering, inner])
    assert only[0] == 400
    assert b"the body is not valid JSON" in only[1]


def test_offers_by_the_hundred(server: RunningServer) -> None:
    offered = answers(server, [head(OFFER, b"GET /health/live") * 500 + LAST])
    assert offered == [(200, b'{"status":"live"}')] * 501


def test_a_web_socket_is_a_route_without_get(server: RunningServer) -> None:
    offer = b"Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    before = len(server.log.read_text())
    (refused,) = answers(server, [head(offer, b"GET /v1/classify")])
    assert refused[0] == 405
    assert "upgrade" not in server.log.read_text()[before:].lower()


def test_nobody_is_connected_to_elsewhere(server: RunningServer) -> None:
    assert answers(server, [head(b"", b"CONNECT example.com:443")]) == [(400, INVALID)]


@pytest.mark.parametrize(
    "trailers",
    [
        b"X-Tidegate-Tenant: a\r\nX-Tidegate-Tenant: b\r\n",
        b"X-Tidegate-Deadline-Ms: soon\r\n",
        b"Authorization: Bearer tg_a\r\n",
    ],
)
def test_a_trailer_is_no_header(server: RunningServer, trailers: bytes) -> None:
    (judged,) = answers(server, [head(CHUNKED + b"Connection: close\r\n") + chunked(trailers)])
    assert_judged(judged)


@pytest.mark.parametrize("endless", [b"X-A: " + b"a" * 2000, b"".join(b"X-%d: a\r\n" % i for i in range(200))])
def test_a_head_has_an_end(server: RunningServer, endless: bytes) -> None:
    more = endless * (MOST_HEAD_BYTES // len(endless) + 1)
    refused = answers(server, [head(b"")[:-2] + more])
    assert refused == [(400, b"The head of the request is larger than 65536 bytes.")]


@pytest.mark.parametrize("begun", [b"0\r\nX-A: ", b"0\r\nX-A: a\r\n", b"1;"])
def test_so_have_trailers_and_chunks(server: RunningServer, begun: bytes) -> None:
    endless = (b"X-A: a\r\n" if begun.endswith(b"\n") else b"aaaaaaaa") * MOST_HEAD_BYTES
    # Closed with bytes unread, a connection is reset.
    with pytest.raises(ConnectionError):
        answers(server, [head(CHUNKED) + begun, endless])
