"""The inference threads: they take batches out of the queue and run the session, and do little else.

Several batches, each on one thread, are scored sooner than one after the other on all of them; only a batch that is
alone, with nothing waiting behind it, gets all threads (models/backend.py has the measurement).

What comes in from the event loop is guarded by a lock: who arrived, who went away, and the end. It is never held while
a batch is chosen or scored. The queue belongs to the thread that chooses, one at a time. What goes out is one call on
the event loop for each batch, and one for each text that was dropped.
"""

import asyncio
import contextlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import msgspec
import numpy as np

from models.encode import Window
from service.batching.fairqueue import FairQueue
from service.batching.tickets import Batch, Logits, Place, Ticket
from service.errors import Unavailable

Run: TypeAlias = Callable[[Sequence[Window]], Logits]

_log = logging.getLogger("tidegate.batcher")


# A batch of fewer tokens is not worth several threads. In a loop they do 20 tokens sooner (tests/bench/steps.py);
# behind a request, when they have to be woken first, they do not, and take twice the processor's time.
_FEW_TOKENS = 32
# What an inference thread is nicer than the event loop. Asked for twice what it can do, a service whose loop has to
# wait for its turn refuses late, and answers fewer (make bench: the rows of twice the peak).
NICER = 2


class Finished(msgspec.Struct, frozen=True):
    """A batch that was run: its logits unless it failed as a whole, and whether it had all threads to itself.

    `began` and `ended` are in the clock of time.monotonic.
    """

    batch: Batch
    rows: Logits | None
    alone: bool
    began: float
    ended: float


class Inference:
    """Owns the threads and the queue. `finished` and `dropped` are called on the event loop.

    `run` is called by `workers` threads at once, `run_alone` by one.
    """

    def __init__(
        self,
        run: Run,
        run_alone: Run,
        workers: int,
        width: int,
        batch_tokens: int,
        loop: asyncio.AbstractEventLoop,
        finished: Callable[[Finished], None],
        dropped: Callable[[Ticket, int], None],
    ) -> None:
        self._run = run
        self._run_alone = run_alone
        self._width = width
        self._batch_tokens = batch_tokens
        self._loop = loop
        self._finished = finished
        self._dropped = dropped
        self._changed = threading.Condition()
        self._arrived: list[Ticket] = []
        self._left: list[Ticket] = []
        self._closing = False
        self._running = 0
        self._choosing = threading.Lock()
        self._queue = FairQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"inference-{i}", daemon=True) for i in range(workers)
        ]
        for thread in self._threads:
            thread.start()

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
        """Score what is queued, then end the threads. Blocks until they have ended."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        _give_way()
        while found := self._next():
            self._score(*found)
            with self._changed:
                self._running -= 1

    def _next(self) -> tuple[Batch, bool] | None:
        """Wait for a batch, and tell whether it is alone; None when closing and nothing is left."""
        with self._choosing:
            while self._gather():
                if self._queue:
                    batch = self._queue.take(self._batch_tokens)
                    with self._changed:
                        alone = not (self._running or self._queue or self._arrived)
                        self._running += 1
                    return batch, alone
        return None

    def _gather(self) -> bool:
        """Wait for tickets, and bring the queue up to date; False when closing and nothing is left."""
        with self._changed:
            self._changed.wait_for(lambda: self._arrived or self._queue or self._closing)
            arrived, self._arrived = self._arrived, []
            left, self._left = self._left, []
            closing = self._closing
        for ticket in arrived:
            self._queue.add(ticket)
        self._drop(left)
        return bool(self._queue) or not closing

    def _score(self, batch: Batch, alone: bool) -> None:
        """Run one batch. Whatever the session does, the thread lives on and every text hears of it."""
        wide = alone and batch.tokens > _FEW_TOKENS
        began = time.monotonic()
        rows = self._logits(batch.places, self._run_alone if wide else self._run)
        ended = time.monotonic()
        self._call(self._finished, Finished(batch, rows, wide, began, ended))

    def _logits(self, places: Sequence[Place], run: Run) -> Logits | None:
        """Return a row for each place; None when all have failed."""
        try:
            rows = np.asarray(run([ticket.windows[i] for ticket, i, _ in places]), dtype=np.float32)
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
            self.withdraw(ticket)  # what is left of it need not be scored

    def _drop(self, tickets: Sequence[Ticket]) -> None:
        for ticket in tickets:
            if tokens := self._queue.drop(ticket):
                self._call(self._dropped, ticket, tokens)

    def _call(self, function: Callable[..., None], *args: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(function, *args)


def _give_way() -> None:
    """Let the event loop go before this thread where both want a core. On Linux alone a thread is nice by itself."""
    if sys.platform == "linux":
        thread = threading.get_native_id()
        with contextlib.suppress(OSError):  # some sandboxes have no priorities
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICER)
