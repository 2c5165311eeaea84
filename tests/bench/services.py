"""What is measured: tidegate in several settings, and its peers; each in a process of its own."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec

from tests.bench.load import Shape
from tests.bench.mixes import Mix
from tests.bench.peers import Peer
from tests.bench.peers.running import running
from tests.running import RunningServer

# Peers read 512 tokens at most and drop the rest: a long text goes to them in pieces, all in one request.
PIECE_WORDS = 180
# The memory in front of Redis, as good as off: every text is found in Redis, and decided and encoded anew.
ONE_ENTRY = {"TIDEGATE_CACHE_ENTRIES": "1", "TIDEGATE_CACHE_SECRET": "bench"}


class Running(msgspec.Struct, frozen=True):
    """A service that answers: where, and which process. `pid` is the one whose memory counts."""

    port: int
    pid: int
    uds: str | None = None


@contextmanager
def tidegate(environment: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Serve the shipped bundle."""
    with tempfile.TemporaryDirectory() as folder, RunningServer(environment or {}, Path(folder) / "log") as server:
        yield Running(server.port, server.process.pid, server.uds)


@contextmanager
def peer(each: Peer) -> Iterator[Running]:
    """Start a peer and wait until it answers."""
    with tempfile.TemporaryDirectory() as folder, running(each, Path(folder) / "log") as (port, process):
        yield Running(port, process.pid)


def shape_of(each: Peer) -> Shape:
    """Return how a peer wants its texts."""
    return Shape(each.path, each.head, each.joint, each.tail)


def own_shape(role: str) -> Shape:
    """Return how tidegate wants texts: each an item of its own."""
    head = f'{{"items":[{{"role":"{role}","text":"'
    return Shape("/v1/classify", head, f'"}},{{"role":"{role}","text":"', '"}]}')


def answer_bytes(running: Running, shape: Shape, texts: list[str]) -> int:
    """Return how long the answer to a request for these texts is, head not counted."""
    with httpx.Client(
        transport=httpx.HTTPTransport(uds=running.uds), base_url=f"http://127.0.0.1:{running.port}"
    ) as client:
        answer = client.post(shape.path, content=shape.head.encode() + shape.rest(texts))
    return len(answer.raise_for_status().content)


def pieces(mix: Mix) -> list[list[str]]:
    """Return each text of a mix as what peers can read whole."""
    return [_cut(text) for text in mix.texts]


def whole(mix: Mix) -> list[list[str]]:
    """Return each text of a mix as it is."""
    return [[text] for text in mix.texts]


def _cut(text: str) -> list[str]:
    words = text.split()
    return [" ".join(words[i : i + PIECE_WORDS]) for i in range(0, len(words), PIECE_WORDS)]
