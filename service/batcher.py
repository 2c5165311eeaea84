"""The queue in front of the session: admission by tokens, batches without a timer, one inference thread.

    submit (event loop) -> deque of tickets -> take a batch (inference thread) -> session -> future (event loop)

A batch is whatever waits when the session is free. The oldest ticket always has a place in it; the rest is
filled with the windows nearest in length, because on a CPU padding is the real cost. A ticket with more
windows than fit goes to the back, so a long document delays a short prompt by one batch.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from models.encode import Encoded, Window
from models.pool import pool
from service.errors import Overloaded, ScoringFailed, TooLarge
from service.metrics import Metrics

Run = Callable[[Sequence[Window]], NDArray[np.float32]]
Logits = NDArray[np.float32]


class Ticket:
    """One text in the queue: its windows, those not yet scored, and the future that gets its pooled logits."""

    def __init__(self, encoded: Encoded, width: int, future: asyncio.Future[Logits]) -> None:
        self.windows = encoded.windows
        self.future = future
        self.rows = np.empty((len(encoded.windows), width), dtype=np.float32)
        self.todo = deque(range(len(encoded.windows)))
        self.missing = len(encoded.windows)
        self.admitted = time.monotonic()
        self.started = False


class Batcher:
    """Owns the queue and the inference thread. `submit` is for the event loop that created it."""

    def __init__(self, run: Run, width: int, batch_tokens: int, max_queued_tokens: int, metrics: Metrics) -> None:
        self._run = run
        self._width = width
        self._batch_tokens = batch_tokens
        self._max_queued = max_queued_tokens
        self._metrics = metrics
        self._loop = asyncio.get_running_loop()
        self._queue: deque[Ticket] = deque()
        self._queued = 0
        self._closing = False
        self._changed = threading.Condition()
        # Tokens a second, smoothed: it turns the length of the queue into Retry-After.
        self._rate = 5_000.0
        self._thread = threading.Thread(target=self._work, name="inference", daemon=True)
        self._thread.start()

    def submit(self, texts: Sequence[Encoded]) -> list[asyncio.Future[Logits]]:
        """Queue the texts of one request, all or none. Raises Overloaded, or TooLarge for what never fits.

        Each future gets logits of shape (outputs,), pooled over windows. A cancelled future's text is dropped
        before it reaches the session, unless its batch is already running.
        """
        tickets = [Ticket(each, self._width, self._loop.create_future()) for each in texts]
        tokens = sum(_tokens(ticket.windows) for ticket in tickets)
        if tokens > self._max_queued:
            raise TooLarge(f"the windows of the texts have {tokens} tokens, the limit is {self._max_queued}")
        with self._changed:
            if self._queued + tokens > self._max_queued:
                wait = max(1, round((self._queued + tokens - self._max_queued) / self._rate))
                self._metrics.refused.inc()
                raise Overloaded(f"{self._queued} tokens are waiting, the limit is {self._max_queued}", wait)
            self._queued += tokens
            self._metrics.queued.set(self._queued)
            self._queue.extend(ticket for ticket in tickets if ticket.windows)
            self._changed.notify()
        for ticket in tickets:
            if not ticket.windows:
                ticket.future.set_result(pool(ticket.rows))
        return [ticket.future for ticket in tickets]

    def close(self) -> None:
        """Score what is queued, then end the thread. Blocks until it has ended."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while (batch := self._next_batch()) is not None:
            self._score(batch)

    def _next_batch(self) -> list[tuple[Ticket, int]] | None:
        """Wait for work and take a batch of (ticket, window index); None when closing and empty."""
        with self._changed:
            while True:
                self._drop_settled()
                if self._queue:
                    return self._take()
                if self._closing:
                    return None
                self._changed.wait()

    def _drop_settled(self) -> None:
        """Take out the texts nobody waits for: cancelled ones, and the rest of one that failed."""
        gone = [ticket for ticket in self._queue if ticket.future.done()]
        if gone:
            self._metrics.dropped.inc(len(gone))
            self._queue = deque(ticket for ticket in self._queue if ticket not in gone)
            self._count_off(sum(len(ticket.windows[i].ids) for ticket in gone for i in ticket.todo))

    def _take(self) -> list[tuple[Ticket, int]]:
        oldest = self._queue[0]
        length = len(oldest.windows[oldest.todo[0]].ids)
        waiting = [(ticket, i) for ticket in self._queue for i in ticket.todo]
        first, rest = waiting[0], waiting[1:]
        rest.sort(key=lambda each: abs(len(each[0].windows[each[1]].ids) - length))  # stable: older first among equals
        batch, longest = [first], length
        for each in rest:
            longer = max(longest, len(each[0].windows[each[1]].ids))
            if longer * (len(batch) + 1) > self._batch_tokens:
                break
            batch.append(each)
            longest = longer
        now = time.monotonic()
        for ticket, i in batch:
            ticket.todo.remove(i)
            if not ticket.started:
                ticket.started = True
                self._metrics.queue_wait.observe(now - ticket.admitted)
        self._queue.popleft()
        self._queue = deque(ticket for ticket in self._queue if ticket.todo)
        if oldest.todo:
            self._queue.append(oldest)
        return batch

    def _score(self, batch: list[tuple[Ticket, int]]) -> None:
        windows = [ticket.windows[i] for ticket, i in batch]
        tokens = _tokens(windows)
        padded = len(windows) * max(len(window.ids) for window in windows)
        began = time.monotonic()
        failure: Exception | None = None
        try:
            rows = self._run(windows)
            if len(rows) != len(batch):
                raise ScoringFailed(f"{len(batch)} windows went in, {len(rows)} rows came out")
            for (ticket, i), row in zip(batch, rows, strict=True):
                ticket.rows[i] = row
                ticket.missing -= 1
        except Exception as error:  # whatever the session raises must reach the waiting requests, not kill the thread
            failure = (
                error
                if isinstance(error, ScoringFailed)
                else ScoringFailed(f"the session raised {type(error).__name__}")
            )
        took = time.monotonic() - began
        self._rate += 0.1 * (tokens / max(took, 1e-6) - self._rate)
        self._metrics.inference.observe(took)
        self._metrics.batch_windows.observe(len(windows))
        self._metrics.batch_tokens.observe(padded)
        self._metrics.padding.inc(padded - tokens)
        self._metrics.tokens.inc(tokens)
        with self._changed:
            self._count_off(tokens)
        touched = {id(ticket): ticket for ticket, _ in batch}.values()
        done = [ticket for ticket in touched if failure or ticket.missing == 0]
        if done and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(_finish, done, failure)

    def _count_off(self, tokens: int) -> None:
        self._queued -= tokens
        self._metrics.queued.set(self._queued)


def _finish(tickets: list[Ticket], failure: Exception | None) -> None:
    """Resolve futures; runs on the event loop."""
    for ticket in tickets:
        if ticket.future.done():
            continue
        if failure:
            ticket.future.set_exception(failure)
        else:
            ticket.future.set_result(pool(ticket.rows))


def _tokens(windows: Sequence[Window]) -> int:
    return sum(len(window.ids) for window in windows)
