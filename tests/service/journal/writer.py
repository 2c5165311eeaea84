"""A process that commits keys to a journal, one after the other, and prints each id once it is acknowledged.

python -m tests.service.journal.writer PLACE NAME COUNT
"""

import asyncio
import sys

from service.configuration.settings import Settings
from service.journal.entries import KeyCreated
from service.journal.follow import Follower
from service.journal.opened import open_journal
from service.journal.store import Journal
from service.metrics import Metrics


async def write(journal: Journal, name: str, count: int) -> None:
    """Commit keys called NAME-0, NAME-1 and so on."""
    async with Follower(journal, Metrics()) as follower:
        for i in range(count):
            key = KeyCreated(id=f"{name}-{i}", hash="", scopes=(), author=name)
            await follower.commit(lambda _, key=key: key)  # type: ignore[misc]
            print(key.id, flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(write(open_journal(Settings(state=sys.argv[1])), sys.argv[2], int(sys.argv[3])))
