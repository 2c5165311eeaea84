"""A batcher over a session that the test commands, Scoring over both with the tiny bundle, and a Redis to break."""

import asyncio
import copy
import gc
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from models.backend import Device
from models.bundle import Bundle
from models.scorer import Scorer
from service.batching.batcher import Batcher
from service.cache.memory import MemoryStore
from service.cache.record import Keys
from service.cache.redis import RedisStore
from service.cache.store import Store
from service.metrics import Metrics
from service.scoring import Scoring
from tests.running import RunningRedis
from tests.service.unit.held import Clock, HeldEncoder
from tests.service.unit.session import WIDTH, Session

MakeBatcher = Callable[..., Batcher]
MakeScoring = Callable[..., Scoring]


@pytest.fixture
async def no_lost_errors() -> AsyncIterator[None]:
    """Fail a test that leaves an exception behind which nobody has seen."""
    lost: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: lost.append(context))
    gc.freeze()  # so that only what the test made has to be looked through
    yield
    gc.collect()
    gc.unfreeze()
    assert lost == []


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
async def make_batcher(session: Session, metrics: Metrics) -> AsyncIterator[MakeBatcher]:
    """Make batchers over `session`; their threads end with the test."""
    made: list[Batcher] = []

    def make(batch_tokens: int = 100, max_queued_tokens: int = 10_000) -> Batcher:
        made.append(Batcher(session, WIDTH, batch_tokens, max_queued_tokens, metrics))
        return made[-1]

    yield make
    session.release()
    for batcher in made:
        await asyncio.to_thread(batcher.close)


@pytest.fixture(scope="session")
def opened(tiny_bundle: Path) -> Scorer:
    return Scorer(Bundle.open(tiny_bundle), Device.CPU, threads=1)


@pytest.fixture
def held(opened: Scorer) -> HeldEncoder:
    """The encoder of `make_scoring`, which the test can hold."""
    return HeldEncoder(opened.encoder)


@pytest.fixture
def model(opened: Scorer) -> Session:
    """The session of `make_scoring`: the tiny bundle's, which the test can hold."""
    return Session(opened.backend.run)


@pytest.fixture
async def make_scoring(
    opened: Scorer, held: HeldEncoder, model: Session, metrics: Metrics
) -> AsyncIterator[MakeScoring]:
    """Make Scoring over `model` and `held`, with scores kept in memory; closed with the test."""
    made: list[Scoring] = []

    def make(
        store: Store | None = None,
        *,
        batch_tokens: int = 2048,
        max_queued_tokens: int = 100_000,
        max_tokens: int = 100_000,
        **others: Any,
    ) -> Scoring:
        scorer = copy.copy(opened)
        scorer.encoder = held  # type: ignore[assignment]
        batcher = Batcher(model, scorer.backend.width, batch_tokens, max_queued_tokens, metrics, scorer.pool)
        keys = Keys(b"secret", scorer.bundle.digest)
        store = store or MemoryStore(1000, 1000)
        given = {"threads": 2, "max_tokens": max_tokens, "at_once": 0, **others}
        made.append(Scoring(scorer, batcher, store, keys, metrics, **given))
        return made[-1]

    yield make
    model.release()
    held.gate.set()
    for scoring in made:
        await scoring.close()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RunningRedis]:
    """A Redis for one test, to be killed and paused."""
    with RunningRedis(tmp_path) as server:
        yield server
        server.resume()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def open_redis(metrics: Metrics, clock: Clock) -> AsyncIterator[Callable[..., RedisStore]]:
    """Open stores that are closed with the test."""
    made: list[RedisStore] = []

    def make(url: str, ttl_seconds: int = 1000, timeout_ms: int = 20) -> RedisStore:
        made.append(RedisStore(url, ttl_seconds, timeout_ms, metrics, clock))
        return made[-1]

    yield make
    for store in made:
        await store.close()
