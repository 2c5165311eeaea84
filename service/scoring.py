"""From items to scores: what the cache knows, and the rest computed.

items -> normalise -> keys -> texts seen often (in memory, ready to answer)
                           -> cache           -> Record -> calibrated -> Scored
                           -> flights.py      -> Record -> calibrated -> Scored, and into the cache
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeAlias

import msgspec

from models.calibrate import as_scores
from models.encode import Item
from models.scorer import Scorer, normalised
from service.batching.batcher import Batcher
from service.cache.often import Often
from service.cache.record import Coverage, Keys, Record
from service.cache.store import Store
from service.cache.written import WriteBehind
from service.errors import DeadlineExceeded
from service.flights import AT_ONCE_CHARS, Flights
from service.metrics import Metrics
from taxonomy.verdict import Scores

# Below this a hop to another thread costs more than normalising does.
_INLINE_CHARS = 20_000
# Texts that were found in the cache last, some 10 KB each with what was made of them; then they are looked up again.
OFTEN = 1024
OFTEN_SECONDS = 10.0

Records: TypeAlias = dict[bytes, Record]
# Awaits what is computed for a request, and may give it up.
Guard: TypeAlias = Callable[[Coroutine[Any, Any, Records]], Awaitable[Records]]


class Scored(msgspec.Struct, frozen=True, gc=False):
    """One text's calibrated scores, how much of it was read, and whether the cache knew it.

    `views` has for each of OUTPUTS the view that decided it, "" for the text as it stands. `supported` says whether the
    model has learned the text's language, which `coverage` names. `made` is for those who ask: what a policy or a
    route made of it, by the ruling's key, so that for a text seen often it is made once. `text_hash` is Keys', and
    leaves the process only under another key: whoever has it can test guesses of the text against it.
    """

    scores: Scores
    views: tuple[str, ...]
    coverage: Coverage
    cached: bool
    supported: bool = True
    made: dict[str, Any] = {}
    text_hash: bytes = b""


class Text(NamedTuple):
    """One text of a request: its key in the cache, its hash, and the item as it is scored."""

    key: bytes
    hash: bytes
    item: Item


class Scoring:
    """Scores items for requests. Everything here runs on one event loop; what takes long has its own threads."""

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
        entries: int = OFTEN,
        ttl_seconds: float = OFTEN_SECONDS,
        at_once: int = AT_ONCE_CHARS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`entries` may be kept in memory, scores for `ttl_seconds`; `at_once` as in Flights, `clock` in seconds."""
        self._scorer = scorer
        self._batcher = batcher
        self._store = store
        self._keys = keys
        self._hits = metrics.cache.labels("hit")
        self._misses = metrics.cache.labels("miss")
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="tokenise")
        self._written = WriteBehind(store)
        self._flights = Flights(scorer.encoder, batcher, self._pool, max_tokens, self._keep, at_once)
        often_seconds = min(OFTEN_SECONDS, ttl_seconds)
        self._often: Often[Scored] = Often(min(OFTEN, entries), often_seconds, clock)

    async def score(
        self, items: Sequence[Item], deadline: float | None = None, guard: Guard | None = None, tenant: str = ""
    ) -> list[Scored]:
        """Return one Scored per item, in order. `deadline` is in the event loop's clock.

        `guard` is given what has to be computed, and awaits it; `tenant` is who asks, for a fair queue.

        Raises Overloaded, TooLarge, ScoringFailed, DeadlineExceeded, Unavailable. When cancelled, what nobody
        else waits for is dropped before it reaches the session.
        """
        texts = await self._keyed(items)
        often = [self._often.get(text.key) for text in texts]
        known = [each for each in often if each]
        if len(known) == len(texts):
            self._hits.inc(len(texts))
            return known
        scored = {text.key: each for text, each in zip(texts, often, strict=True) if each}
        try:
            async with asyncio.timeout_at(deadline) as limit:
                await self._look_up(texts, scored, guard, tenant)
        except TimeoutError:
            if not limit.expired():
                raise
            raise DeadlineExceeded("the deadline passed before the scores were there") from None
        return [scored[text.key] for text in texts]

    async def text_hashes(self, items: Sequence[Item]) -> list[bytes]:
        """Return the hash of each item, in order: for those that could not be scored."""
        return [text.hash for text in await self._keyed(items)]

    async def close(self) -> None:
        """Finish what is queued and let go of threads and connections."""
        await asyncio.to_thread(self._batcher.close)
        await asyncio.to_thread(self._pool.shutdown)
        await self._written.close()
        await self._store.close()

    async def _look_up(
        self, texts: Sequence[Text], scored: dict[bytes, Scored], guard: Guard | None, tenant: str
    ) -> None:
        """Add to `scored` the texts that are not in it."""
        asked = {text.key: text for text in texts if text.key not in scored}
        outputs = self._scorer.backend.width
        for key, data in zip(asked, await self._store.get(list(asked)), strict=True):
            if data is not None and (record := Record.unpack(data, outputs)):
                scored[key] = self._scored(record, asked[key], cached=True)
                self._often.put(key, scored[key])
        misses = {key: text.item for key, text in asked.items() if key not in scored}
        missed = sum(text.key in misses for text in texts)
        self._hits.inc(len(texts) - missed)
        if misses:
            self._misses.inc(missed)
            self._flights.check_wait(misses, tenant)
            work = self._flights.compute(misses, tenant)
            records = await (guard(work) if guard else work)
            scored |= {key: self._scored(records[key], asked[key], cached=False) for key in misses}

    def _scored(self, record: Record, text: Text, *, cached: bool) -> Scored:
        probabilities = self._scorer.calibration.of_one(record.pooled.logits, text.item.role)
        supported = self._scorer.has_learned(record.coverage.language)
        views, coverage = record.pooled.views, record.coverage
        return Scored(as_scores(probabilities), views, coverage, cached, supported, text_hash=text.hash)

    def _keep(self, key: bytes, record: Record) -> None:
        self._written.put(key, record.pack())

    async def _keyed(self, items: Sequence[Item]) -> list[Text]:
        """Return the items as they are scored, each with its key."""
        if sum([item.chars for item in items]) <= _INLINE_CHARS:
            return [self._text(item) for item in items]
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: list(map(self._text, items)))

    def _text(self, item: Item) -> Text:
        item = normalised(item)
        text_hash = self._keys.text_hash(item)
        return Text(self._keys.key_of(text_hash), text_hash, item)
