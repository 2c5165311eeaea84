"""Waves of 500 clients that go amid their requests: nothing waits for them, and nothing of them stays."""

import json
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx

from tests.faults.watched import HANGS_SECONDS, SECRET, WatchedServer, needs_proc
from tests.running import until

pytestmark = needs_proc

CLIENTS = 500
# Files that come and go by themselves.
FEW = 3
# Where a request ends: amid the head, amid the body, or at its end, with nobody there for the answer.
AMID_HEAD, AMID_BODY, WHOLE = range(3)
OK, GONE = (f'tidegate_requests_total{{route="/v1/classify",status="{status}"}}' for status in (200, 499))
PAGE = "about the harbour and the hill " * 20
# Blanks after the JSON. If what is sent were kept, a wave would show in the memory beside what malloc holds back.
FILLER = " " * 80_000
WAVES = 3
# For each client less than one object, and less than a quarter of a body.
BLOCKS, BYTES = WAVES * CLIENTS, WAVES * CLIENTS * len(FILLER) // 4


def request(text: str, ends: int) -> bytes:
    body = json.dumps({"items": [{"text": text}]}).encode() + FILLER.encode()
    head = f"POST /v1/classify HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    cut = {AMID_HEAD: len(head) // 2, AMID_BODY: len(head) + len(body) // 2, WHOLE: len(head) + len(body)}
    return (head + body)[: cut[ends]]


@contextmanager
def connected(server: WatchedServer, kinds: list[int], name: str) -> Iterator[None]:
    """Let a client for each kind send its request; on leaving they all go, every other one with a reset."""
    address = httpx.URL(server.url)
    with ExitStack() as clients:
        for i, kind in enumerate(kinds):
            client = clients.enter_context(socket.create_connection((address.host, address.port), HANGS_SECONDS))
            if i % 2:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.sendall(request(f"{SECRET} {name} {i} {PAGE}", kind))
        # Those that wait to be let in have not met the service yet, and of a reset one what it has not read is lost.
        # They are let in by their turn: when one that comes after them all is answered, they have been, and when the
        # next ones are, they have been read.
        for _ in range(3):
            assert httpx.get(server.url + "/health/live", timeout=HANGS_SECONDS).status_code == 200
        yield


def warm(server: WatchedServer) -> int:
    """Have the session meet batches of every size, so that its memory is there; return the number of open files."""
    for n in (1, 10, 200):
        items = [{"text": f"{SECRET} {n} {i} {PAGE}"} for i in range(n)]
        assert server.http.post("/v1/classify", json={"items": items}).status_code == 200
    return server.open_files()


def stays_as_it_was(server: WatchedServer, files: int, wave: Callable[[int], None]) -> None:
    """Run a first wave and WAVES more, and compare: what malloc once took it need not give back."""
    blocks, resident = [], []
    for i in range(1 + WAVES):
        wave(i)
        until(lambda: server.metric("tidegate_queued_tokens") == 0, HANGS_SECONDS)
        until(lambda: server.open_files() <= files + FEW, HANGS_SECONDS)
        # What waits for the decision log's thread is memory too, and another amount each time.
        until(lambda: server.metric("tidegate_decisions_waiting") == 0, HANGS_SECONDS)
        blocks.append(server.blocks())
        resident.append(server.resident())
    assert blocks[-1] - blocks[0] < BLOCKS, blocks
    assert resident[-1] - resident[0] < BYTES, resident


def test_clients_that_go_before_their_answer_leave_nothing_behind(watch: Callable[..., WatchedServer]) -> None:
    server = watch(TIDEGATE_THREADS="1", TIDEGATE_CACHE="off")
    files = warm(server)

    def wave(number: int) -> None:
        ok, gone = server.metric(OK), server.metric(GONE)
        halves = [AMID_HEAD, AMID_BODY] * (CLIENTS // 3)
        with connected(server, halves, f"wave {number}"):
            # Two thirds wait for the rest of what they have begun, and somebody else is answered.
            assert server.judged(f"{SECRET} among {number}")["verdict"] == "allow"
            with connected(server, [WHOLE] * (CLIENTS - len(halves)), f"end of wave {number}"):
                pass
        # Each whole head ends as one or the other, and none is lost.
        heads = CLIENTS - halves.count(AMID_HEAD) + 1
        until(lambda: server.metric(OK) - ok + server.metric(GONE) - gone >= heads, HANGS_SECONDS)
        assert server.metric(OK) - ok + server.metric(GONE) - gone == heads
        assert server.metric(GONE) - gone > halves.count(AMID_BODY)

    stays_as_it_was(server, files, wave)


def test_clients_that_never_read_their_answer_leave_nothing_behind(
    watch: Callable[..., WatchedServer], tiny_bundle: Path
) -> None:
    server = watch(TIDEGATE_BUNDLE=str(tiny_bundle), TIDEGATE_THREADS="1", TIDEGATE_CACHE="off")
    files = warm(server)

    def wave(number: int) -> None:
        ok = server.metric(OK)
        # To go with an answer unread is a reset, however one goes.
        with connected(server, [WHOLE] * CLIENTS, f"wave {number}"):
            until(lambda: server.metric(OK) >= ok + CLIENTS, HANGS_SECONDS)

    stays_as_it_was(server, files, wave)


def test_halves_of_requests_do_not_hold_up_the_end(watch: Callable[..., WatchedServer], tiny_bundle: Path) -> None:
    server = watch(TIDEGATE_BUNDLE=str(tiny_bundle), TIDEGATE_SHUTDOWN_SECONDS="1")
    with connected(server, [AMID_HEAD, AMID_BODY] * 25, "end"):
        assert server.stop() == 0
