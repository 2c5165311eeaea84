"""The interface of a journal's store: a list of entries that only grows, at places counted from 1."""

from typing import Protocol

from service.errors import Unavailable

# Entries in one answer of a store, at most.
PAGE = 500


class JournalError(Exception):
    """The journal cannot be read or written; the message says why, without an address or a path."""


class HistoryLost(JournalError):
    """Entries that were read before are no longer there, or others are in their place."""


class Journal(Protocol):
    """Keeps entries in order. One that was taken is there for good: on disk, as far as the store can say."""

    kind: str

    async def read(self, after: int) -> list[bytes]:
        """Return the entries behind the first `after`, at most PAGE of them. Raises JournalError.

        One that is missing between others is b"": a place is never another's.
        """
        ...

    async def append(self, revision: int, entry: bytes) -> bool:
        """Put the entry at place `revision` if that is the next; False if not. Raises JournalError.

        After an error it may be there or not; asked again with the same, the answer and `read` tell.
        """
        ...

    async def doubts(self) -> list[str]:
        """Return why an entry that was taken could be lost by a crash, as the store is set up. Raises JournalError."""
        ...

    async def close(self) -> None:
        """Let go of files and connections. Nothing may be called afterwards."""
        ...


class NoJournal:
    """Keeps nothing and takes nothing: TIDEGATE_STATE=off."""

    kind = "off"

    def __init__(self, why: str = "TIDEGATE_STATE is off") -> None:
        self._why = why

    async def read(self, after: int) -> list[bytes]:  # noqa: ARG002
        """Return nothing."""
        return []

    async def append(self, revision: int, entry: bytes) -> bool:  # noqa: ARG002
        """Raise Unavailable: that nothing was written is certain, and need not be looked up as after a JournalError."""
        raise Unavailable(self._why)

    async def doubts(self) -> list[str]:
        """Return nothing: what takes nothing loses nothing."""
        return []

    async def close(self) -> None:
        """Do nothing."""
