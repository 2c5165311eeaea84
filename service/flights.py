"""Texts that the cache does not know, computed once however many requests wait for them.

    misses -> flights -> tokenise -> admission, whole or not at all -> batcher -> Record

A flight is the computation of one text, for which several requests may wait. The first of them tokenises it and
has it admitted; if that one is refused, late or gone before then, the others try again on their own account.
Once queued, a flight belongs to nobody: it is dropped when the last request that waits for it has gone.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from models.encode import Encoded, Encoder, Item
from models.pool import Pooled
from service.batching.batcher import Batcher
from service.cache.record import Coverage, Record
from service.errors import TooLarge

# Below this a hop to another thread and back costs more than tokenising.
AT_ONCE_CHARS = 1000
# Tokenised in one go. A token takes some hundred bytes while it is counted: the count must stop in time.
_CHUNK_CHARS = 100_000


class Flight:
    """One text on its way: the future of its record, its place in the queue, and how many requests wait."""

    def __init__(self) -> None:
        # Cancelled when the flight ends without a record or an error: who still waits has to try again.
        self.record: asyncio.Future[Record] = asyncio.get_running_loop().create_future()
        self.queued: asyncio.Future[Pooled] | None = None
        self.waiting = 0


class Flights:
    """The flights of one event loop. `landed` is called with the key and the record of each that succeeds."""

    def __init__(
        self,
        encoder: Encoder,
        batcher: Batcher,
        pool: ThreadPoolExecutor,
        max_tokens: int,
        landed: Callable[[bytes, Record], None],
        at_once: int = AT_ONCE_CHARS,
    ) -> None:
        """A request of up to `at_once` characters is tokenised on the event loop."""
        self._encoder = encoder
        self._batcher = batcher
        self._pool = pool
        self._max_tokens = max_tokens
        self._landed = landed
        self._at_once = at_once
        self._flights: dict[bytes, Flight] = {}

    def check_wait(self, misses: Collection[bytes], tenant: str) -> None:
        """Raise Overloaded where a text that nobody computes yet would wait too long.

        To be asked before `compute`: a refusal should cost as little as it can.
        """
        if any(key not in self._flights for key in misses):
            self._batcher.check_wait(tenant)

    async def compute(self, misses: dict[bytes, Item], tenant: str = "") -> dict[bytes, Record]:
        """Wait for the misses: those another request computes already, and flights of our own for the rest.

        Raises Overloaded, TooLarge, ScoringFailed, Unavailable. When cancelled, what nobody else waits for is
        dropped before it reaches the session.
        """
        records: dict[bytes, Record] = {}
        while misses:
            own = {key: item for key, item in misses.items() if key not in self._flights}
            self._flights |= {key: Flight() for key in own}
            flights = {key: self._flights[key] for key in misses}
            for flight in flights.values():
                flight.waiting += 1
            try:
                if own:
                    await self._launch(own, tenant)
                done, _ = await asyncio.wait(
                    # Shared with other requests: `wait` leaves them alone when this one is cancelled.
                    [flight.record for flight in flights.values()],
                    return_when=asyncio.FIRST_EXCEPTION,
                )
                landed = {key: each.record for key, each in flights.items() if each.record in done}
                records |= {key: record.result() for key, record in landed.items() if not record.cancelled()}
            finally:
                for key, flight in flights.items():
                    self._leave(key, flight)
            misses = {key: item for key, item in misses.items() if key not in records}
        return records

    async def _launch(self, items: dict[bytes, Item], tenant: str) -> None:
        """Tokenise the texts of the flights of one request and queue them, all or none."""
        flights = {key: self._flights[key] for key in items}
        try:
            texts = [*items.values()]
            if sum(text.chars for text in texts) <= self._at_once:
                encoded = self._encode(texts)
            else:
                loop = asyncio.get_running_loop()
                encoded = await loop.run_in_executor(self._pool, self._encode, texts)
            queued = self._batcher.submit(encoded, tenant)
        except BaseException:
            for key, flight in flights.items():
                self._end(key, flight)
            raise
        for (key, flight), each, future in zip(flights.items(), encoded, queued, strict=True):
            flight.queued = future
            future.add_done_callback(partial(self._land, key, flight, Coverage.of(each)))

    def _land(self, key: bytes, flight: Flight, coverage: Coverage, queued: asyncio.Future[Pooled]) -> None:
        """Hand the outcome to all who wait."""
        error = None if queued.cancelled() else queued.exception()
        if flight.record.done():  # ended just now: nobody waits
            return
        del self._flights[key]
        if error:
            flight.record.set_exception(error)
            flight.record.exception()  # marks it as seen: a waiter that goes now must not leave a warning
        else:
            record = Record.of(queued.result(), coverage)
            flight.record.set_result(record)
            self._landed(key, record)

    def _leave(self, key: bytes, flight: Flight) -> None:
        flight.waiting -= 1
        if flight.waiting == 0 and not flight.record.done():
            self._end(key, flight)

    def _end(self, key: bytes, flight: Flight) -> None:
        """Let nobody join a flight that will not land, and nobody wait for it."""
        del self._flights[key]
        flight.record.cancel()
        if flight.queued:
            flight.queued.cancel()

    def _encode(self, items: Sequence[Item]) -> list[Encoded]:
        """Tokenise the misses of a request, on the event loop or in a tokenising thread. Raises TooLarge."""
        encoded: list[Encoded] = []
        tokens = 0
        for chunk in _chunks(items):
            for each in self._encoder.encode(chunk):
                encoded.append(each)
                tokens += each.tokens + each.context_scored
            if tokens > self._max_tokens:
                raise TooLarge(f"the texts have more than {self._max_tokens} tokens together")
        return encoded


def _chunks(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Yield the items in order, as many at a time as have _CHUNK_CHARS; one that alone has more goes alone."""
    chunk: list[Item] = []
    chars = 0
    for item in items:
        if chunk and chars + item.chars > _CHUNK_CHARS:
            yield chunk
            chunk, chars = [], 0
        chunk.append(item)
        chars += item.chars
    if chunk:
        yield chunk
