"""From items to scored records: cache, shared flights, tokenising, the batcher, and back into the cache.

    items -> normalise -> keys -> cache -> hit  -------------------------------> Scored
                                        -> miss -> flight -> tokenise -> batcher -> Scored, and into the store

A flight is the computation of one text, for which several requests may wait. The first of them tokenises it and
has it admitted; if that one is refused, late or gone before then, the others try again on their own account.
Once queued, a flight belongs to nobody: it is dropped when the last request that waits for it has gone.
"""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import msgspec

from models.calibrate import as_scores
from models.encode import Encoded, Item
from models.pool import Pooled
from models.scorer import Scorer, normalised
from service.batcher import Batcher
from service.cache.record import Coverage, Keys, Record
from service.cache.store import Store
from service.cache.written import WriteBehind
from service.errors import DeadlineExceeded, TooLarge
from service.metrics import Metrics
from taxonomy.categories import Role
from taxonomy.verdict import Scores

# Below this a hop to another thread costs more than normalising does.
_INLINE_CHARS = 20_000
# Tokenised at once. A token takes some hundred bytes while it is counted: the count must stop in time.
_CHUNK_CHARS = 100_000


class Scored(msgspec.Struct, frozen=True):
    """One text's calibrated scores, how much of it was read, and whether the cache knew it.

    `views` has for each of OUTPUTS the view that decided it, "" for the text as it stands. `supported` says whether the
    model has learned the text's language, which `coverage` names.
    """

    scores: Scores
    views: tuple[str, ...]
    coverage: Coverage
    cached: bool
    supported: bool = True


class Flight:
    """One text on its way: the future of its record, its place in the queue, and how many requests wait."""

    def __init__(self) -> None:
        # Cancelled when the flight ends without a record or an error: who still waits has to try again.
        self.record: asyncio.Future[Record] = asyncio.get_running_loop().create_future()
        self.queued: asyncio.Future[Pooled] | None = None
        self.waiting = 0


class Scoring:
    """Scores items for requests. Everything here runs on one event loop but `_encode`, which has its own threads."""

    def __init__(
        self,
        scorer: Scorer,
        batcher: Batcher,
        store: Store,
        keys: Keys,
        metrics: Metrics,
        *,
        threads: int,
        max_tokens: int,
    ) -> None:
        self._scorer = scorer
        self._batcher = batcher
        self._store = store
        self._keys = keys
        self._metrics = metrics
        self._max_tokens = max_tokens
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="tokenise")
        self._flights: dict[bytes, Flight] = {}
        self._written = WriteBehind(store)

    async def score(self, items: Sequence[Item], deadline: float | None = None) -> list[Scored]:
        """Return one Scored per item, in order. `deadline` is in the event loop's clock.

        Raises Overloaded, TooLarge, ScoringFailed, DeadlineExceeded, Unavailable. When cancelled, what nobody
        else waits for is dropped before it reaches the session.
        """
        try:
            async with asyncio.timeout_at(deadline) as limit:
                return await self._score(items)
        except TimeoutError:
            if not limit.expired():
                raise
            raise DeadlineExceeded("the deadline passed before the scores were there") from None

    async def close(self) -> None:
        """Finish what is queued and let go of threads and connections."""
        await asyncio.to_thread(self._batcher.close)
        await asyncio.to_thread(self._pool.shutdown)
        await self._written.close()
        await self._store.close()

    async def _score(self, items: Sequence[Item]) -> list[Scored]:
        texts = await self._keyed(items)
        keys = [key for key, _ in texts]
        outputs = self._scorer.backend.width
        records: dict[bytes, Record] = {}
        for key, data in zip(keys, await self._store.get(keys), strict=True):
            if data is not None and (record := Record.unpack(data, outputs)):
                records[key] = record
        hits = frozenset(records)
        self._metrics.cache.labels("hit").inc(sum(key in hits for key in keys))
        self._metrics.cache.labels("miss").inc(sum(key not in hits for key in keys))

        records |= await self._compute({key: item for key, item in texts if key not in hits})
        scored = {key: self._scored(records[key], item.role, key in hits) for key, item in texts}
        return [scored[key] for key in keys]

    def _scored(self, record: Record, role: Role, cached: bool) -> Scored:
        probabilities = self._scorer.calibration.of_one(record.pooled.logits, role)
        supported = self._scorer.has_learned(record.coverage.language)
        return Scored(as_scores(probabilities), record.pooled.views, record.coverage, cached, supported)

    async def _keyed(self, items: Sequence[Item]) -> list[tuple[bytes, Item]]:
        """Return the items as they are scored, each with its key."""

        def keyed() -> list[tuple[bytes, Item]]:
            return [(self._keys.key(item), item) for item in map(normalised, items)]

        if sum(map(_chars, items)) <= _INLINE_CHARS:
            return keyed()
        return await asyncio.get_running_loop().run_in_executor(self._pool, keyed)

    async def _compute(self, misses: dict[bytes, Item]) -> dict[bytes, Record]:
        """Wait for the misses: those another request computes already, and flights of our own for the rest."""
        records: dict[bytes, Record] = {}
        while misses:
            own = {key: item for key, item in misses.items() if key not in self._flights}
            self._flights |= {key: Flight() for key in own}
            flights = {key: self._flights[key] for key in misses}
            for flight in flights.values():
                flight.waiting += 1
            try:
                if own:
                    await self._launch(own)
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

    async def _launch(self, items: dict[bytes, Item]) -> None:
        """Tokenise the texts of the flights of one request and queue them, all or none."""
        flights = {key: self._flights[key] for key in items}
        try:
            loop = asyncio.get_running_loop()
            encoded = await loop.run_in_executor(self._pool, self._encode, list(items.values()))
            queued = self._batcher.submit(encoded)
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
            record = Record(queued.result(), coverage)
            flight.record.set_result(record)
            self._written.put(key, record.pack())

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
        """Tokenise the misses of a request. Raises TooLarge; runs in the tokenising threads."""
        encoded: list[Encoded] = []
        tokens = 0
        for chunk in _chunks(items):
            for each in self._scorer.encoder.encode(chunk):
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
        if chunk and chars + _chars(item) > _CHUNK_CHARS:
            yield chunk
            chunk, chars = [], 0
        chunk.append(item)
        chars += _chars(item)
    if chunk:
        yield chunk


def _chars(item: Item) -> int:
    return len(item.text) + len(item.context or "")
