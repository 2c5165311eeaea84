"""Entries to write in tests, and the wait until they are read."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from service.journal.entries import KeyCreated, PolicyActivated, PolicySaved
from taxonomy.resolve import PolicyFile

AUTHOR = "ada"


def file(name: str = "strict", threshold: float = 0.5, **more: object) -> PolicyFile:
    """Return a policy as written, one threshold for everything."""
    plain = {
        "kind": "policy",
        "name": name,
        "description": "for tests",
        "on_error": "closed",
        "defaults": {"threshold": threshold, "action": "block"},
        **more,
    }
    return msgspec.convert(plain, PolicyFile)


def saved(name: str = "strict", version: int = 1, threshold: float = 0.5, **more: Any) -> PolicySaved:
    """Return the entry of a saved policy."""
    return PolicySaved.of(file(name, threshold), None, version=version, author=AUTHOR, **more)


def activated(name: str = "strict", version: int = 1) -> PolicyActivated:
    """Return the entry that puts a version in force."""
    return PolicyActivated(name=name, version=version, author=AUTHOR)


def key(number: int) -> KeyCreated:
    """Return the entry of a new key; its id is the number."""
    return KeyCreated(id=f"k{number}", hash="0" * 64, scopes=("admin",), author=AUTHOR)


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait until the condition holds. Raises TimeoutError when it does not in time."""
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110  # what is waited for is seen only by looking
            await asyncio.sleep(0.01)
