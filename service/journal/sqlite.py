"""A journal in one SQLite file, for processes of one machine: the service, its replicas there, and the commands.

All of SQLite runs in one thread. The file is made at the first write, readable by its owner alone.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from service.journal.store import PAGE, JournalError

T = TypeVar("T")

# "tide", in the file's header: what kind of database this is.
APPLICATION = 0x74696465
SCHEMA = 1
# How long to wait for another process that writes.
BUSY_SECONDS = 5.0
_TABLE = "CREATE TABLE IF NOT EXISTS journal (revision INTEGER PRIMARY KEY, entry BLOB NOT NULL)"


class SqliteJournal:
    """A journal in the file at `path`, which need not be there yet."""

    kind = "sqlite"

    def __init__(self, path: Path, *, make_folder: bool = False) -> None:
        """`make_folder` says whether the first write may make the file's folder. Nothing is opened yet."""
        self._path = path
        self._make_folder = make_folder
        self._thread = ThreadPoolExecutor(1, "tidegate-journal")
        self._open: tuple[sqlite3.Connection, int] | None = None
        self._closed = False

    def check(self, *, create: bool) -> None:
        """Open the file and look it through; `create` makes it where it is not there. Raises JournalError.

        Blocks: for the start, before there is an event loop.
        """
        try:
            self._thread.submit(self._check, create).result()
        except (sqlite3.Error, OSError) as error:
            raise JournalError(_words(error)) from None

    async def read(self, after: int) -> list[bytes]:
        """Return the entries behind the first `after`, at most PAGE of them. Raises JournalError."""
        return await self._run(lambda: self._read(after))

    async def append(self, revision: int, entry: bytes) -> bool:
        """Put the entry at place `revision` if that is the next; False if not. Raises JournalError."""
        return await self._run(lambda: self._append(revision, entry))

    async def doubts(self) -> list[str]:
        """Return nothing: an entry is on disk before it counts as taken."""
        return []

    async def close(self) -> None:
        """Close the file. A second time is nothing."""
        if not self._closed:
            self._closed = True
            await self._run(self._close)
            self._thread.shutdown(wait=False)

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except (sqlite3.Error, OSError) as error:
            raise JournalError(_words(error)) from None

    def _check(self, create: bool) -> None:
        connection = self._connected(create)
        if connection and connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise JournalError("the journal's file is damaged")

    def _read(self, after: int) -> list[bytes]:
        connection = self._connected(create=False)
        if connection is None:
            return []
        rows = connection.execute(
            "SELECT revision, entry FROM journal WHERE revision > ? ORDER BY revision LIMIT ?", (after, PAGE)
        ).fetchall()
        found: list[bytes] = []
        for revision, entry in rows:
            missing = revision - after - 1 - len(found)
            found += [b""] * min(missing, PAGE - len(found))
            if len(found) == PAGE:
                break
            found.append(entry if isinstance(entry, bytes) else b"")
        return found

    def _append(self, revision: int, entry: bytes) -> bool:
        connection = self._connected(create=revision == 1)
        if connection is None:
            return False
        # One statement is one transaction: nobody writes between its look and its write.
        done = connection.execute(
            "INSERT INTO journal SELECT ?, ? WHERE (SELECT coalesce(max(revision), 0) FROM journal) = ?",
            (revision, entry, revision - 1),
        )
        return done.rowcount == 1

    def _connected(self, create: bool) -> sqlite3.Connection | None:
        """Return the connection to the file that is at the path now, or None where there is none."""
        try:
            there = self._path.stat().st_ino
        except FileNotFoundError:
            there = 0
        if self._open and self._open[1] != there:  # somebody took it away, or put another in its place
            self._close()
        if self._open is None and (there or create):
            self._open = self._opened(), self._path.stat().st_ino
        return self._open[0] if self._open else None

    def _opened(self) -> sqlite3.Connection:
        if self._make_folder:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # What SQLite makes beside it gets the same mode.
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            _prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _close(self) -> None:
        if self._open:
            connection, self._open = self._open[0], None
            connection.close()


def _prepare(connection: sqlite3.Connection) -> None:
    """Make the table where there is none. Raises JournalError for another program's file, or a newer tidegate's."""
    # The table first: whoever makes the file meanwhile marks it as ours in the transaction that makes the table.
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    if tables and application != APPLICATION:
        raise JournalError("the journal's file is another program's database")
    if schema > SCHEMA:
        raise JournalError(f"the journal's file was made by a newer tidegate (schema {schema}, not {SCHEMA})")
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous=FULL")
    if not tables:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_TABLE)
        connection.execute(f"PRAGMA application_id={APPLICATION}")
        connection.execute(f"PRAGMA user_version={SCHEMA}")
        connection.execute("COMMIT")
    connection.execute("SELECT revision, entry FROM journal LIMIT 1")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let others read while one writes. Two processes that make one file at once get no waiting from SQLite here."""
    end = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                raise
        time.sleep(0.01)


def _words(error: sqlite3.Error | OSError) -> str:
    """Return what is wrong, without the path."""
    if isinstance(error, OSError):
        return f"the journal's file: {(error.strerror or type(error).__name__).lower()}"
    name = getattr(error, "sqlite_errorname", "")
    what = {
        "SQLITE_NOTADB": "is no SQLite database, or is damaged",
        "SQLITE_READONLY": "cannot be written",
        "SQLITE_CANTOPEN": "cannot be opened",
        "SQLITE_BUSY": "is locked by another process",
        "SQLITE_FULL": "has no room: the disk is full",
        "SQLITE_IOERR": "cannot be read or written: the disk fails",
    }
    return (
        f"the journal's file {next((words for begin, words in what.items() if name.startswith(begin)), 'is damaged')}"
    )
