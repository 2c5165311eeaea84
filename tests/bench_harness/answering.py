"""A server that computes nothing: it keeps what it is asked and answers as the test says."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType

from tests.bench.load import Job, Shape

# From the body of a request to the status of its answer, 0 to hang up.
Answer = Callable[[bytes], Awaitable[int]]


async def at_once(body: bytes) -> int:
    return 200


class Answering:
    """Listens on a free port; `most` is how many requests were under way at once."""

    def __init__(self, answer: Answer = at_once) -> None:
        self.answer = answer
        self.bodies: list[bytes] = []
        self.most = 0
        self._under_way = 0
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def __aenter__(self) -> "Answering":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1")
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for writer in self._open.values():
            writer.transport.abort()
        if self._open:
            await asyncio.wait([*self._open], timeout=1)

    def job(self, **changes: object) -> Job:
        """Return a short job for this server, of three texts: `1 one`, `2 two`, `3 three`, `4 one` ..."""
        given = {
            "port": self.port,
            "shape": Shape("/", "", "", ""),
            "texts": [["three"], ["one"], ["two"]],
            "seconds": 0.05,
            "warm_seconds": 0.0,
            "connections": 1,
        }
        return Job(**{**given, **changes})  # type: ignore[arg-type]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._open[task] = writer
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
                self.bodies.append(body)
                self._under_way += 1
                self.most = max(self.most, self._under_way)
                status = await self.answer(body)
                self._under_way -= 1
                if not status:
                    break
                # In two pieces, as an answer may come.
                writer.write(b"HTTP/1.1 %d Some\r\nContent-Length: 4\r\n" % status)
                await writer.drain()
                writer.write(b"\r\n{  }")
        except asyncio.IncompleteReadError:
            pass  # the client has gone
        finally:
            del self._open[task]
            writer.close()
