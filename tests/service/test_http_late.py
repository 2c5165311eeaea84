"""Requests that do not come to an end: their connections are closed, and nothing else is."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from uvicorn.server import ServerState

from service.http.protocol import waiting
from tests.running import RunningServer

GENEROUS = 60.0  # seconds
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
LATE = "A request did not come whole within TIDEGATE_RECEIVE_SECONDS."
BEGUN = {
    "a letter": b"G",
    "an empty line": b"\r\n",
    "half a head": GET[:-2],
    "no body": POST + b"Content-Length: 2\r\n\r\n",
    "half a body": POST + b"Content-Length: 2\r\n\r\na",
    "half a chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\na",
    "half the trailers": POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-A: a\r\n",
}

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def connected(receive: float, keep_alive: float = GENEROUS, takes: float = 0.0) -> AsyncIterator[Streams]:
    """Connect to an application that reads a body and answers after `takes` seconds."""

    async def app(scope, receive, send):
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            more = message["more_body"]
        await asyncio.sleep(takes)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_keep_alive=keep_alive)
    made = waiting(receive)
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: made(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    async with server, asyncio.timeout(GENEROUS):
        yield reader, writer
        writer.close()


@pytest.mark.parametrize("begun", BEGUN.values(), ids=BEGUN)
@pytest.mark.parametrize("before", [b"", GET], ids=["first", "second"])
async def test_what_does_not_come_whole_is_closed(
    begun: bytes, before: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(0.2) as (reader, writer):
        writer.write(before)
        assert await reader.readexactly(len(ANSWER if before else b"")) == (ANSWER if before else b"")
        writer.write(begun)
        assert await reader.read() == b""
    assert [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING] == [LATE]


async def test_bytes_that_trickle_win_no_time() -> None:
    async with connected(0.2) as (reader, writer):
        closed = asyncio.create_task(reader.read())
        writer.write(POST)
        while not closed.done():
            writer.write(b"X-A: a\r\n")
            await asyncio.sleep(0.05)
        assert closed.exception() or closed.result() == b""


async def test_a_connection_on_which_nothing_comes_is_an_idle_one() -> None:
    async with connected(GENEROUS, keep_alive=0.2) as (reader, _):
        assert await reader.read() == b""


async def test_the_wait_for_an_answer_counts_for_nobody() -> None:
    async with connected(0.1, takes=0.5) as (reader, writer):
        writer.write(GET + GET[:-2])
        assert await reader.readexactly(len(ANSWER)) == ANSWER
        assert await reader.read() == b""


def test_a_service_closes_what_is_late_and_goes_on(serve: Callable[..., RunningServer]) -> None:
    server = serve(TIDEGATE_RECEIVE_SECONDS="1")
    with socket.create_connection(("127.0.0.1", server.port), timeout=GENEROUS) as begun:
        begun.sendall(b"POST /v1/classify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{")
        assert begun.recv(1) == b""
    assert httpx.get(server.url + "/health/live").status_code == 200
    assert LATE in server.log.read_text()
