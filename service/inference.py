"""The inference thread: it takes batches out of the queue and runs the session, and does little else.

What comes in from the event loop is guarded by a lock: who arrived, who went away, and the end. It is never held while
a batch is chosen or scored. The queue is the thread's own. What goes out is one call on the event loop for each batch,
and one for each text that was dropped.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import msgspec
import numpy as np

from models.encode import Window
from service.errors import Unavailable
from service.fairqueue import FairQueue
from service.tickets import Batch, Logits, Place, Ticket

Run: TypeAlias = Callable[[Sequence[Window]], Logits]

_log = logging.getLogger("tidegate.batcher")


class Scored(msgspec.Struct, frozen=True):
    """A batch that was run: its logits unless it failed as a whole, and the texts of which nothing is left to do.

    `began` and `ended` are in the clock of time.monotonic.
    """

    batch: Batch
    rows: Logits | None
    done: list[Ticket]
    began: float
    ended: float


class Inference:
    """Owns the thread and the queue. `finished` and `dropped` are called on the event loop."""

    def __init__(
        self,
        run: Run,
        width: int,
        batch_tokens: int,
        loop: asyncio.AbstractEventLoop,
        finished: Callable[[Scored], None],
        dropped: Callable[[Ticket, int], None],
    ) -> None:
        self._run = run
        self._width = width
        self._batch_tokens = batch_tokens
        self._loop = loop
        self._finished = finished
        self._dropped = dropped
        self._changed = threading.Condition()
        self._arrived: list[Ticket] = []
        self._left: list[Ticket] = []
        self._closing = False
        self._queue = FairQueue()
        self._thread = threading.Thread(target=self._work, name="inference", daemon=True)
        self._thread.start()

    def put(self, tickets: Sequence[Ticket]) -> None:
        """Queue tickets that have windows. Raises Unavailable once closed."""
        with self._changed:
            if self._closing:
                raise Unavailable("the service is stopping")
            self._arrived += tickets
            self._changed.notify()

    def withdraw(self, ticket: Ticket) -> None:
        """Have what is left of a text dropped before the next batch is chosen."""
        with self._changed:
            self._left.append(ticket)

    def close(self) -> None:
        """Score what is queued, then end the thread. Blocks until it has ended."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while self._gather():
            if self._queue:
                self._score(self._queue.take(self._batch_tokens))

    def _gather(self) -> bool:
        """Wait for tickets, and bring the queue up to date; False when closing and nothing is left."""
        with self._changed:
            self._changed.wait_for(lambda: self._arrived or self._queue or self._closing)
            arrived, self._arrived = self._arrived, []
            left, self._left = self._left, []
        for ticket in arrived:
            self._queue.add(ticket)
        ended = not self._queue
        self._drop(left)
        return not ended

    def _score(self, batch: Batch) -> None:
        """Run one batch. Whatever the session does, the thread lives on and every text hears of it."""
        began = time.monotonic()
        rows = self._logits(batch.places)
        ended = time.monotonic()
        done = [*dict.fromkeys(ticket for ticket, _, _ in batch.places if not ticket.todo)]
        self._call(self._finished, Scored(batch, rows, done, began, ended))

    def _logits(self, places: Sequence[Place]) -> Logits | None:
        """Return a row for each place; None when all have failed."""
        try:
            rows = np.asarray(self._run([ticket.windows[i] for ticket, i, _ in places]), dtype=np.float32)
        except Exception as error:  # onnxruntime has no one class for these
            self._fail(places, f"the session raised {type(error).__name__}")
            return None
        if rows.shape != (len(places), self._width):
            self._fail(places, f"the session gave rows of shape {rows.shape}, not {(len(places), self._width)}")
            return None
        finite = np.isfinite(rows).all(axis=1)
        for i in np.flatnonzero(~finite).tolist():  # NaN reaches no threshold: it would pass for harmless
            self._fail([places[i]], "the session gave a logit that is not finite")
        return rows

    def _fail(self, places: Sequence[Place], failure: str) -> None:
        _log.error("%s; windows: %d", failure, len(places))
        for ticket, _, _ in places:
            ticket.failure = failure
        self._drop([ticket for ticket, _, _ in places])

    def _drop(self, tickets: Sequence[Ticket]) -> None:
        for ticket in tickets:
            if tokens := self._queue.drop(ticket):
                self._call(self._dropped, ticket, tokens)

    def _call(self, function: Callable[..., None], *args: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(function, *args)
