"""Keeps the standing current by reading the journal four times a second, and commits changes.

A journal that cannot be read changes nothing: what was in force stays in force, and the failure is counted and shown.
The same where entries that were read are gone. Such a journal is not written either, until they are back.
"""

import asyncio
import hashlib
import logging
import math
import time
from collections.abc import Callable
from types import TracebackType

import msgspec

from service.errors import TooLarge, Unavailable
from service.journal.entries import Entry, encode
from service.journal.fold import MOST_BYTES, fold, folded
from service.journal.standing import Standing
from service.journal.store import HistoryLost, Journal, JournalError
from service.metrics import Metrics

POLL_SECONDS = 0.25
# Others may be first that often; each time somebody's change was taken.
ATTEMPTS = 100
_LOG_EVERY_SECONDS = 60.0
_log = logging.getLogger("tidegate.journal")


class Condition(msgspec.Struct, frozen=True, omit_defaults=True):
    """How it stands with the journal.

    `kind` is where it is kept; `read` whether it ever was. `problem` is why it cannot be read now, if it cannot;
    `skipped` counts the entries that were passed over; `doubts` say how its store could lose what it took.
    """

    kind: str
    read: bool
    revision: int
    problem: str = ""
    skipped: int = 0
    doubts: tuple[str, ...] = ()


class Follower:
    """The standing, and the way to change it. For one event loop; `async with` keeps it current."""

    def __init__(self, journal: Journal, metrics: Metrics, clock: Callable[[], float] = time.time) -> None:
        """`clock` gives seconds since 1970. Nothing is read yet."""
        self.standing = Standing()
        self._journal = journal
        self._metrics = metrics
        self._clock = clock
        self._read = False
        self._problem = ""
        self._doubts: tuple[str, ...] = ()
        # Of the last entry read: the history is the same as long as it stays where it is.
        self._last = b""
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._quiet_until = -math.inf

    async def __aenter__(self) -> "Follower":
        await self._try()
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        if self._task:
            # Not enough by itself: asyncio.wait_for, which the Redis client uses, may swallow it up to Python 3.11.
            self._task.cancel()
            await asyncio.wait({self._task})
        await self._journal.close()

    @property
    def condition(self) -> Condition:
        """How it stands with the journal."""
        return Condition(
            self._journal.kind, self._read, self.standing.revision, self._problem, self.standing.skips, self._doubts
        )

    def require_read(self) -> None:
        """Raise Unavailable until the journal was read once: before, nobody knows which policies are in force."""
        if not self._read:
            raise Unavailable(f"the journal (TIDEGATE_STATE) has not been read yet: {self._problem}")

    async def refresh(self) -> Standing:
        """Read what is new, and return the standing. Raises Unavailable."""
        async with self._lock:
            await self._advance_or_refuse()
        return self.standing

    async def commit(self, make: Callable[[Standing], Entry]) -> Standing:
        """Add an entry to the journal, and return the standing after it.

        `make` gets the standing that the entry will follow, and raises what it likes when the entry must not; it is
        called again when somebody else was first. `revision` and `time` are filled in here. Raises Unavailable when the
        journal cannot be written, TooLarge, and Contradiction for an entry that does not follow.

        Cancelled, the entry may be there or not.
        """
        async with self._lock:
            for _ in range(ATTEMPTS):
                await self._advance_or_refuse()
                revision = self.standing.revision + 1
                entry = msgspec.structs.replace(
                    make(self.standing), revision=revision, time=round(1000 * self._clock())
                )
                data = encode(entry)
                if len(data) > MOST_BYTES:
                    raise TooLarge(f"with all it rests on this takes {len(data)} bytes, and may take {MOST_BYTES}")
                after = fold(self.standing, entry)
                if await self._append(revision, data):
                    # Already, where the answer to the first try was lost and the entry was found by reading.
                    if self.standing.revision < revision:
                        self._put(after, data)
                    return self.standing
        raise Unavailable("the journal is written by too many at once")

    async def _append(self, revision: int, data: bytes) -> bool:
        try:
            return await self._journal.append(revision, data)
        except JournalError:
            pass
        # Taken or not? What is at that place now tells. Where there is nothing yet, the same is put there again: should
        # the first still arrive, one of the two finds the place taken.
        try:
            await self._advance()
            if self.standing.revision < revision and await self._journal.append(revision, data):
                return True
            return (await self._journal.read(revision - 1))[:1] == [data]
        except JournalError as error:
            self._failed(error)
            raise Unavailable(f"{error}; look whether the change was made before you make it again") from None

    async def _follow(self) -> None:
        while not self._closing:
            await asyncio.sleep(POLL_SECONDS)
            await self._try()

    async def _try(self) -> None:
        async with self._lock:
            try:
                await self._advance()
            except JournalError as error:
                self._failed(error)
            except Exception as error:  # a bug of ours must not end the following, in silence at that
                self._failed(JournalError(f"the journal cannot be read: {type(error).__name__}"))

    async def _advance_or_refuse(self) -> None:
        try:
            await self._advance()
        except JournalError as error:
            self._failed(error)
            raise Unavailable(str(error)) from None

    async def _advance(self) -> None:
        """Read everything new. Raises JournalError, with what was read by then in force."""
        while True:
            known = self.standing.revision
            # The last known entry is read with what follows it: should it be another, all before it may be others.
            lines = await self._journal.read(max(known - 1, 0))
            if known:
                if not lines:
                    raise HistoryLost("the journal has lost entries; what was in force stays, and nothing is written")
                if _digest(lines[0]) != self._last:
                    raise HistoryLost(
                        "the journal has other entries than before; what was in force stays, and nothing is written"
                    )
                lines = lines[1:]
            if not lines:
                break
            # Resolving a thousand versions takes half a second.
            standing = await asyncio.to_thread(folded, self.standing, lines)
            self._report(standing)
            self._put(standing, lines[-1])
        if not self._read:
            self._doubts = tuple(await self._journal.doubts())
            for doubt in self._doubts:
                _log.warning("%s", doubt)
        if self._problem:
            _log.info("the journal is read again")
        self._read, self._problem = True, ""

    def _put(self, standing: Standing, last: bytes) -> None:
        self.standing, self._last = standing, _digest(last)
        self._metrics.journal_revision.set(standing.revision)

    def _report(self, standing: Standing) -> None:
        """Count and log the entries that were skipped."""
        new = standing.skips - self.standing.skips
        self._metrics.journal_errors.labels("skipped").inc(new)
        for each in standing.skipped[-new:] if new else ():
            _log.warning("entry %d of the journal is skipped: %s", each.revision, each.reason)

    def _failed(self, error: JournalError) -> None:
        self._metrics.journal_errors.labels("lost" if isinstance(error, HistoryLost) else "unreachable").inc()
        now = time.monotonic()
        if str(error) != self._problem or now >= self._quiet_until:
            self._quiet_until = now + _LOG_EVERY_SECONDS
            _log.warning("%s", error)
        self._problem = str(error)


def _digest(entry: bytes) -> bytes:
    return hashlib.sha256(entry).digest()
