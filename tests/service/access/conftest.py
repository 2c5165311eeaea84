"""The application over a journal that another process changes, asked from any address there is."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import msgspec
import pytest

from models.scorer import Scorer
from service.access.keys import Key, new_key
from service.app import create_app, open_scorer
from service.configuration.settings import Anonymous, Settings
from service.journal.entries import Entry, KeyCreated, KeyRevoked
from service.journal.follow import Follower
from service.journal.opened import open_journal
from service.metrics import Metrics

NEAR, FAR = "127.0.0.1", "203.0.113.7"
BODY = {"items": [{"text": "hello"}]}


class Asked:
    """The application; and, as `journal`, the hand of somebody else who changes its keys."""

    def __init__(self, settings: Settings, scorer: Scorer) -> None:
        self.app = create_app(settings, scorer)
        self.journal = Follower(open_journal(settings), Metrics())

    async def make(self, *scopes: str, tenant: str = "") -> Key:
        """Make a key, which the application then knows."""
        key = new_key()
        await self._commit(KeyCreated(id=key.id, hash=key.hash, scopes=scopes, tenant=tenant, author="command line"))
        return key

    async def revoke(self, key: Key) -> None:
        """Revoke a key, as the application then knows."""
        await self._commit(KeyRevoked(id=key.id, author="command line"))

    async def request(
        self, method: str, path: str, host: str = NEAR, /, json: object = None, **headers: str
    ) -> httpx.Response:
        """Ask from an address."""
        transport: Any = httpx.ASGITransport(self.app, client=(host, 40_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
            return await client.request(method, path, json=json, headers=headers)

    async def close(self) -> None:
        """Let go of the journal."""
        async with self.journal:
            pass

    async def _commit(self, entry: Entry) -> None:
        await self.journal.commit(lambda _: entry)
        await self.app.state.served.journal.refresh()


Open = Callable[..., Awaitable[Asked]]


@pytest.fixture(scope="session")
def scorer(tiny_bundle: Any) -> Scorer:
    return open_scorer(Settings(bundle=str(tiny_bundle), threads=1))


@pytest.fixture
async def open_asked(settings: Settings, scorer: Scorer) -> AsyncIterator[Open]:
    """Start the application with some settings changed; it ends with the test."""
    ended = asyncio.Event()
    started: list[tuple[Asked, asyncio.Task[None]]] = []

    async def live(asked: Asked, ready: asyncio.Event) -> None:
        async with asked.app.lifespan():  # ends in the task that began it, as Litestar wants it to
            ready.set()
            await ended.wait()

    async def start(**changed: object) -> Asked:
        asked = await asyncio.to_thread(Asked, msgspec.structs.replace(settings, **changed), scorer)
        ready = asyncio.Event()
        started.append((asked, asyncio.create_task(live(asked, ready))))
        await ready.wait()
        return asked

    yield start
    ended.set()
    for asked, task in started:
        await task
        await asked.close()


@pytest.fixture
async def asked(open_asked: Open) -> Asked:
    """The application as it is by default."""
    return await open_asked()


@pytest.fixture
async def asked_by_all(open_asked: Open) -> Asked:
    """The application with TIDEGATE_ANONYMOUS=anywhere."""
    return await open_asked(anonymous=Anonymous.ANYWHERE)
