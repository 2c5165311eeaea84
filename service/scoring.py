"""From items to scored records: cache, shared flights, tokenising, the batcher, and back into the cache.

    items -> normalise -> keys -> cache -> hit  -------------------------------> Scored
                                        -> miss -> flight -> tokenise -> batcher -> Scored, and into the store

A flight is one computation that several requests may wait for. It belongs to no request: a client that goes
away leaves it to the others, and when the last one has gone it is cancelled out of the queue.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from models.calibrate import as_scores
from models.encode import Encoded, Item
from models.scorer import Scorer, normalised
from service.batcher import Batcher, Logits
from service.cache.record import Coverage, Keys, Record
from service.cache.store import Store
from service.errors import DeadlineExceeded, TooLarge
from service.metrics import Metrics
from taxonomy.verdict import Scores

# Below this a hop to another thread costs more than normalising does.
_INLINE_CHARS = 20_000


class Scored(msgspec.Struct, frozen=True):
    """One text's calibrated scores, how much of it was read, and whether the cache knew it."""

    scores: Scores
    coverage: Coverage
    cached: bool


class Flight:
    """The computation of one request's misses: its task, a future for each key, and how many wait."""

    def __init__(self) -> None:
        self.task: asyncio.Task[None] | None = None
        self.waiting = 0
        self.results: dict[bytes, asyncio.Future[Record]] = {}


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
        self._writes: set[asyncio.Task[None]] = set()

    async def score(self, items: Sequence[Item], deadline: float | None = None) -> list[Scored]:
        """Return one Scored per item, in order. `deadline` is in the event loop's clock.

        Raises Overloaded, TooLarge, ScoringFailed, DeadlineExceeded. When cancelled, what nobody else waits
        for is dropped before it reaches the session.
        """
        try:
            async with asyncio.timeout_at(deadline):
                return await self._score(items)
        except TimeoutError:
            raise DeadlineExceeded("the deadline passed before the scores were there") from None

    async def close(self) -> None:
        """Finish what is queued and let go of threads and connections."""
        await asyncio.to_thread(self._batcher.close)
        if self._writes:
            await asyncio.wait(self._writes, timeout=1)
        self._pool.shutdown()
        await self._store.close()

    async def _score(self, items: Sequence[Item]) -> list[Scored]:
        items = await self._normalise(items)
        keys = [self._keys.key(item) for item in items]
        outputs = self._scorer.backend.width
        records: dict[bytes, Record] = {}
        for key, data in zip(keys, await self._store.get(keys), strict=True):
            if data is not None and (record := Record.unpack(data, outputs)):
                records[key] = record
        hits = frozenset(records)
        self._metrics.cache.labels("hit").inc(sum(key in hits for key in keys))
        self._metrics.cache.labels("miss").inc(sum(key not in hits for key in keys))

        misses = {key: item for key, item in zip(keys, items, strict=True) if key not in hits}
        if misses:
            records |= await self._compute(misses)
        probabilities = {key: self._scorer.calibration.probabilities(record.logits) for key, record in records.items()}
        return [Scored(as_scores(probabilities[key]), records[key].coverage, key in hits) for key in keys]

    async def _normalise(self, items: Sequence[Item]) -> list[Item]:
        if sum(len(item.text) + len(item.context or "") for item in items) <= _INLINE_CHARS:
            return [normalised(item) for item in items]
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, lambda: [normalised(item) for item in items]
        )

    async def _compute(self, misses: dict[bytes, Item]) -> dict[bytes, Record]:
        """Wait for the misses: those another request computes already, and a flight of our own for the rest."""
        own = {key: item for key, item in misses.items() if key not in self._flights}
        if own:
            flight = Flight()
            flight.results = {key: asyncio.get_running_loop().create_future() for key in own}
            self._flights |= dict.fromkeys(own, flight)
            flight.task = asyncio.create_task(self._fly(flight, own))
            # Not in _fly's own `finally`: a task cancelled before its first step never enters its body.
            flight.task.add_done_callback(lambda _: self._land(flight))
        flights = {id(flight): flight for flight in (self._flights[key] for key in misses)}.values()
        results = {key: self._flights[key].results[key] for key in misses}
        for flight in flights:
            flight.waiting += 1
        try:
            # A future shared with other requests must survive this one's cancellation.
            await asyncio.wait(results.values())
            return {key: future.result() for key, future in results.items()}
        finally:
            for flight in flights:
                flight.waiting -= 1
                if flight.waiting == 0 and flight.task and not flight.task.done():
                    flight.task.cancel()
                    self._land(flight)

    async def _fly(self, flight: Flight, items: dict[bytes, Item]) -> None:
        queued: list[asyncio.Future[Logits]] = []
        try:
            loop = asyncio.get_running_loop()
            encoded = await loop.run_in_executor(self._pool, self._encode, list(items.values()))
            queued = self._batcher.submit(encoded)
            logits = await asyncio.gather(*queued)
            entries: dict[bytes, bytes] = {}
            for key, row, each in zip(items, logits, encoded, strict=True):
                record = Record(row, Coverage.of(each))
                flight.results[key].set_result(record)
                entries[key] = record.pack()
            self._write(entries)
        except Exception as error:
            for future in flight.results.values():
                if not future.done():
                    future.set_exception(error)
                    future.exception()  # marks it as seen: a waiter that has gone must not leave a warning
        finally:
            for waiting in queued:
                waiting.cancel()

    def _land(self, flight: Flight) -> None:
        """Let nobody join a flight that is over, and let nobody wait for it."""
        for key, future in flight.results.items():
            future.cancel()
            if self._flights.get(key) is flight:
                del self._flights[key]

    def _encode(self, items: list[Item]) -> list[Encoded]:
        """Tokenise the misses of a request. Raises TooLarge; runs in the tokenising threads."""
        encoded = self._scorer.encoder.encode(items)
        tokens = sum(each.tokens + each.context_scored for each in encoded)
        if tokens > self._max_tokens:
            raise TooLarge(f"the texts have {tokens} tokens together, the limit is {self._max_tokens}")
        return encoded

    def _write(self, entries: dict[bytes, bytes]) -> None:
        """Store behind the answer: nobody waits for a cache."""
        task = asyncio.create_task(self._store.put(entries))
        self._writes.add(task)
        task.add_done_callback(self._writes.discard)
