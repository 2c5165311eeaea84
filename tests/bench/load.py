"""The load generator, a process of its own: what it spends is not the service's, and is shown.

    job (JSON on stdin) -> requests over kept-alive connections -> result (JSON on stdout)

Closed loop: so many requests are always under way; how much a service can do at most. Open loop: requests fall due as a
Poisson process, whether or not earlier ones are answered, and each one's time counts from when it was due, so that a
service that stalls cannot hide it by being asked less (coordinated omission; Tene 2015, "How NOT to measure latency").
"""

import asyncio
import random
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import uvloop

from tests.bench.tally import Result, Tally

# Beyond it a request that is due waits for a connection; its time goes on counting.
MOST_CONNECTIONS = 1000
_PATIENCE_SECONDS = 120.0


class Shape(msgspec.Struct, frozen=True):
    """How a service wants texts: POST `path`, body head + texts, JSON-escaped, with `joint` between + tail."""

    path: str
    head: str
    joint: str
    tail: str

    def rest(self, pieces: list[str]) -> bytes:
        """Return the body of a request for these texts, but for the head."""
        return (self.joint.join(msgspec.json.encode(piece)[1:-1].decode() for piece in pieces) + self.tail).encode()


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One measurement. `texts` are what requests hold, each a list of pieces; without `rate` the loop is closed.

    Every request's first text begins with a number of its own from `first` on, so that no cache knows it, but for a
    share `repeated` of the requests, whose texts are of the first `known` and begin with 0.
    """

    port: int
    shape: Shape
    texts: list[list[str]]
    seconds: float
    rate: float | None = None
    connections: int = 64
    warm_seconds: float = 1.0
    repeated: float = 0.0
    known: int = 100
    first: int = 1
    seed: int = 1
    uds: str | None = None


class Connection(asyncio.Protocol):
    """One kept-alive connection with one request on it at a time."""

    def __init__(self, load: "Load") -> None:
        self._load = load
        self._got = b""
        self._needs = 0
        self._due = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def send(self, due: float, request: bytes) -> None:
        self._due, self._got, self._needs = due, b"", 0
        if self._transport is None or self._transport.is_closing():
            self._load.answered(self, 0, due)
            return
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._got += data
        if not self._needs:
            end = self._got.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._got[:end].lower()
            at = head.find(b"content-length:")
            self._needs = end + 4 + int(head[at + 15 :].split(b"\r\n", 1)[0])
        if len(self._got) >= self._needs:
            due, self._due = self._due, 0.0
            self._load.answered(self, int(self._got[9:12]), due)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        if self._due:
            due, self._due = self._due, 0.0
            self._load.answered(self, 0, due)


class Load:
    """One job, once. For one event loop; `clock` is in seconds."""

    def __init__(self, job: Job, clock: Callable[[], float] = time.perf_counter) -> None:
        self._job = job
        self._clock = clock
        self._random = random.Random(job.seed)
        self._bodies = [job.shape.rest(pieces) for pieces in job.texts]
        self._head = job.shape.head.encode()
        self._first_line = (
            f"POST {job.shape.path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n".encode()
        )
        self._sent = 0
        self._under_way = 0
        self._idle: list[Connection] = []
        self._opened = 0
        self._drained = asyncio.Event()
        self._until = 0.0
        self._busy = 0.0
        # When those were due that wait for a connection.
        self.waiting: deque[float] = deque()

    async def run(self) -> Result:
        """Put the load on, and return what came of it when all is answered."""
        job = self._job
        loop = asyncio.get_running_loop()
        for _ in range(job.connections):
            await self._open(loop)
        began = self._clock() + job.warm_seconds
        self._until = began + job.seconds
        self._tally = Tally(began, self._until, by_due=job.rate is not None)
        loop.call_later(job.warm_seconds, self._mark)
        if job.rate is None:
            for each in list(self._idle):
                self._next(each)
            self._idle.clear()
        else:
            await self._offer(loop, job.rate)
        await asyncio.sleep(max(0.0, self._until - self._clock()))
        busy = (time.process_time() - self._busy) / job.seconds
        if self._under_way:
            self._drained.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._drained.wait(), _PATIENCE_SECONDS)
        missing = self._under_way + len(self.waiting)
        return self._tally.result(missing=missing, busy=busy, sent=job.first + self._sent)

    def _mark(self) -> None:
        self._busy = time.process_time()

    async def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        made = Connection(self)
        if self._job.uds:
            await loop.create_unix_connection(lambda: made, self._job.uds)
        else:
            await loop.create_connection(lambda: made, "127.0.0.1", self._job.port)
        self._opened += 1
        self._idle.append(made)

    async def _offer(self, loop: asyncio.AbstractEventLoop, rate: float) -> None:
        due = self._clock()
        while due < self._until:
            due += self._random.expovariate(rate)
            if (wait := due - self._clock()) > 0:
                await asyncio.sleep(wait)
            if not self._idle and self._opened < MOST_CONNECTIONS:
                await self._open(loop)
            if self._idle:
                self.send(self._idle.pop(), due)
            else:
                self.waiting.append(due)

    def _next(self, connection: Connection) -> None:
        self.send(connection, self._clock())

    def send(self, connection: Connection, due: float) -> None:
        """Send the next request, which was due at that time."""
        self._under_way += 1
        connection.send(due, self._request())

    def _request(self) -> bytes:
        job = self._job
        if job.repeated and self._random.random() < job.repeated:
            number, body = 0, self._bodies[self._random.randrange(min(job.known, len(self._bodies)))]
        else:
            number = job.first + self._sent
            body = self._bodies[number % len(self._bodies)]
        self._sent += 1
        body = b"%b%d %b" % (self._head, number, body)
        return b"%bcontent-length: %d\r\n\r\n%b" % (self._first_line, len(body), body)

    def answered(self, connection: Connection, status: int, due: float) -> None:
        """Keep an answer's time and give the connection its next request."""
        now = self._clock()
        self._under_way -= 1
        self._tally.add(status, due, now)
        if status == 0:
            self._opened -= 1
            if self._job.rate is None and now < self._until:
                raise SystemExit("a connection broke: a closed loop cannot go on")
        elif self.waiting:
            self.send(connection, self.waiting.popleft())
        elif self._job.rate is None and now < self._until:
            self._next(connection)
        else:
            self._idle.append(connection)
        if not self._under_way:
            self._drained.set()


def put(job: Job) -> Result:
    """Run a job in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=msgspec.json.encode(job),
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=Result)


async def _main() -> None:
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    sys.stdout.buffer.write(msgspec.json.encode(await Load(job).run()))


if __name__ == "__main__":
    uvloop.run(_main())
