"""A journal of each kind, real; and followers on it, as many as a test wants."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from service.journal.follow import Follower
from service.journal.redis import RedisJournal
from service.journal.sqlite import SqliteJournal
from service.journal.store import Journal
from service.metrics import Metrics


@pytest.fixture(params=["sqlite", "redis"])
async def journal(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Callable[[], Journal]]:
    """Open the test's journal; each call as another process would."""
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    async with AsyncExitStack() as stack:

        def opened() -> Journal:
            found = RedisJournal(url) if url else SqliteJournal(tmp_path / "state.db")
            stack.push_async_callback(found.close)
            return found

        yield opened


@pytest.fixture
def follower(journal: Callable[[], Journal]) -> Callable[[], Follower]:
    """Open another follower on the test's journal; it reads when it is told to."""
    return lambda: Follower(journal(), Metrics())
