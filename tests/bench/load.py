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
from collections import Counter
from contextlib import suppress
from pathlib import Path

import msgspec
import uvloop

# Beyond it a request that is due waits for a connection; its time goes on counting.
_MOST_CONNECTIONS = 1000
_PATIENCE_SECONDS = 120.0


class Shape(msgspec.Struct, frozen=True):
    """How a service wants texts: POST `path`, body head + texts, JSON-escaped, with `joint` between + tail."""

    path: str
    head: str
    joint: str
    tail: str


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


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a job. Latencies are milliseconds of the answers with status 200, at p50, p95 and p99.

    `answered` counts answers by status, 0 for a connection that broke. `rate` is good answers a second, `offered`
    requests sent a second, `busy` the share of one core the generator took, `sent` where the numbers of texts got to.
    """

    rate: float
    offered: float
    answered: dict[str, int]
    p50: float
    p95: float
    p99: float
    refused_p99: float
    busy: float
    sent: int


class _Connection(asyncio.Protocol):
    """One kept-alive connection with one request on it at a time."""

    def __init__(self, load: "_Load") -> None:
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


class _Load:
    def __init__(self, job: Job) -> None:
        self._job = job
        self._random = random.Random(job.seed)
        escaped = [[msgspec.json.encode(piece)[1:-1].decode() for piece in pieces] for pieces in job.texts]
        self._bodies = [(job.shape.joint.join(pieces) + job.shape.tail).encode() for pieces in escaped]
        self._head = job.shape.head.encode()
        self._first_line = (
            f"POST {job.shape.path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n".encode()
        )
        self._sent = 0
        self._under_way = 0
        self._idle: list[_Connection] = []
        self._opened = 0
        self._queue: list[float] = []
        self._times: dict[int, list[float]] = {}
        self._counted: Counter[int] = Counter()
        self._drained = asyncio.Event()
        self._began = 0.0
        self._until = 0.0

    async def run(self) -> Result:
        job = self._job
        loop = asyncio.get_running_loop()
        for _ in range(job.connections):
            await self._open(loop)
        self._began = time.perf_counter() + job.warm_seconds
        self._until = self._began + job.seconds
        loop.call_later(job.warm_seconds, self._mark)
        self._busy = 0.0
        if job.rate is None:
            for each in list(self._idle):
                self._next(each)
            self._idle.clear()
        else:
            await self._offer(loop, job.rate)
        await asyncio.sleep(max(0.0, self._until - time.perf_counter()))
        busy = (time.process_time() - self._busy) / job.seconds
        if self._under_way:
            self._drained.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._drained.wait(), _PATIENCE_SECONDS)
        return self._result(busy)

    def _mark(self) -> None:
        self._busy = time.process_time()

    async def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        made = _Connection(self)
        if self._job.uds:
            await loop.create_unix_connection(lambda: made, self._job.uds)
        else:
            await loop.create_connection(lambda: made, "127.0.0.1", self._job.port)
        self._opened += 1
        self._idle.append(made)

    async def _offer(self, loop: asyncio.AbstractEventLoop, rate: float) -> None:
        due = time.perf_counter()
        while due < self._until:
            due += self._random.expovariate(rate)
            if (wait := due - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            if not self._idle and self._opened < _MOST_CONNECTIONS:
                await self._open(loop)
            if self._idle:
                self._send(self._idle.pop(), due)
            else:
                self._queue.append(due)

    def _next(self, connection: _Connection) -> None:
        self._send(connection, time.perf_counter())

    def _send(self, connection: _Connection, due: float) -> None:
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

    def answered(self, connection: _Connection, status: int, due: float) -> None:
        """Keep an answer's time and give the connection its next request."""
        now = time.perf_counter()
        self._under_way -= 1
        if not self._under_way:
            self._drained.set()
        # Closed, what was answered while it ran counts; open, what fell due while it ran.
        counts = self._began <= (now if self._job.rate is None else due) < self._until
        if counts:
            self._counted[status] += 1
            self._times.setdefault(status, []).append(now - due)
        if status == 0:
            self._opened -= 1
            if self._job.rate is None and now < self._until:
                raise SystemExit("a connection broke: a closed loop cannot go on")
        elif self._queue:
            self._send(connection, self._queue.pop(0))
        elif self._job.rate is None and now < self._until:
            self._next(connection)
        else:
            self._idle.append(connection)

    def _result(self, busy: float) -> Result:
        good = sorted(self._times.get(200, []))
        refused = sorted(self._times.get(429, []))
        answered = {str(status): count for status, count in sorted(self._counted.items())}
        if self._under_way:
            answered["none"] = self._under_way
        return Result(
            rate=len(good) / self._job.seconds,
            offered=sum(self._counted.values()) / self._job.seconds,
            answered=answered,
            p50=_at(good, 0.50),
            p95=_at(good, 0.95),
            p99=_at(good, 0.99),
            refused_p99=_at(refused, 0.99),
            busy=busy,
            sent=self._job.first + self._sent,
        )


def _at(ordered: list[float], share: float) -> float:
    return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3) if ordered else 0.0


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
    sys.stdout.buffer.write(msgspec.json.encode(await _Load(job).run()))


if __name__ == "__main__":
    uvloop.run(_main())
