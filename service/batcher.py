"""The queue in front of the session: admission by tokens, batches without a timer, one inference thread.

    submit (event loop) -> inbox -> queue of tickets -> batch -> session (inference thread) -> future (event loop)

A batch is whatever waits when the session is free. The oldest ticket always has a place in it; the rest is
filled with the windows nearest in length, because on a CPU padding is the real cost. A ticket with more
windows than fit goes behind all that came meanwhile, so a long document delays a short prompt by one batch.

The event loop owns the futures, the inference thread the queue. The lock guards what both touch: the inbox,
the count of tokens and the end. It is never held while a batch is chosen or scored.
"""

import asyncio
import contextlib
import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from models.encode import Encoded, Window
from models.pool import Pooled, pool
from service.errors import Overloaded, TooLarge, Unavailable
from service.metrics import Metrics
from service.tickets import Batch, Logits, Pool, Ticket, choose

Run: TypeAlias = Callable[[Sequence[Window]], Logits]

_log = logging.getLogger("tidegate.batcher")


class Batcher:
    """Owns the queue and the inference thread. `submit` is for the event loop that created it."""

    def __init__(
        self, run: Run, width: int, batch_tokens: int, max_queued_tokens: int, metrics: Metrics, pool: Pool = pool
    ) -> None:
        self._run = run
        self._pool = pool
        self._width = width
        self._batch_tokens = batch_tokens
        self._max_queued = max_queued_tokens
        self._metrics = metrics
        self._loop = asyncio.get_running_loop()
        self._changed = threading.Condition()
        self._inbox: list[Ticket] = []
        self._queued = 0
        self._closing = False
        self._queue: deque[Ticket] = deque()
        # Tokens a second, smoothed: it turns the length of the queue into Retry-After.
        self._rate = 5_000.0
        self._thread = threading.Thread(target=self._work, name="inference", daemon=True)
        self._thread.start()

    def submit(self, texts: Sequence[Encoded]) -> list[asyncio.Future[Pooled]]:
        """Queue the texts of one request, all or none.

        Each future gets the text's Pooled, or ScoringFailed. A cancelled future's
        text is dropped before it reaches the session, unless its batch is already running.

        Raises Overloaded; TooLarge for what never fits; Unavailable once closed.
        """
        tickets = [Ticket(each, self._width, self._loop.create_future(), self._pool) for each in texts]
        tokens = sum(ticket.tokens_to_do for ticket in tickets)
        if tokens > self._max_queued:
            raise TooLarge(f"the windows of the texts have {tokens} tokens, the limit is {self._max_queued}")
        with self._changed:
            if self._closing:
                raise Unavailable("the service is stopping")
            if self._queued + tokens > self._max_queued:
                wait = math.ceil((self._queued + tokens - self._max_queued) / self._rate)
                self._metrics.refused.inc()
                raise Overloaded(f"{self._queued} tokens are waiting, the limit is {self._max_queued}", max(1, wait))
            self._count(tokens)
            self._inbox += [ticket for ticket in tickets if ticket.windows]
            self._changed.notify()
        _settle([ticket for ticket in tickets if not ticket.windows])
        return [ticket.future for ticket in tickets]

    def close(self) -> None:
        """Score what is queued, then end the thread. Blocks until it has ended."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        unfinished: list[Ticket] = []
        while self._gather(unfinished):
            unfinished = []
            self._drop_unwanted()
            if self._queue:
                batch, unfinished = self._take()
                self._score(batch)

    def _gather(self, unfinished: list[Ticket]) -> bool:
        """Wait for tickets and put them in order; False when closing and nothing is left."""
        with self._changed:
            self._changed.wait_for(lambda: self._inbox or self._queue or unfinished or self._closing)
            arrived, self._inbox = self._inbox, []
        self._queue += (*arrived, *unfinished)
        return bool(self._queue)

    def _drop_unwanted(self) -> None:
        """Take out the texts nobody waits for: cancelled ones, and the rest of one that failed."""
        gone = {ticket for ticket in self._queue if ticket.unwanted}
        if gone:
            self._queue = deque(ticket for ticket in self._queue if ticket not in gone)
            self._metrics.dropped.inc(sum(ticket.failure is None for ticket in gone))
            with self._changed:
                self._count(-sum(ticket.tokens_to_do for ticket in gone))

    def _take(self) -> tuple[Batch, list[Ticket]]:
        """Take a batch out of the queue, and with it the oldest ticket: returned when it has windows left."""
        batch = choose(self._queue, self._batch_tokens)
        now = time.monotonic()
        for ticket, i in batch:
            if len(ticket.todo) == len(ticket.windows):
                self._metrics.queue_wait.observe(now - ticket.admitted)
            ticket.todo.remove(i)
        oldest = self._queue.popleft()
        self._queue = deque(ticket for ticket in self._queue if ticket.todo)
        return batch, [oldest] if oldest.todo else []

    def _score(self, batch: Batch) -> None:
        """Run one batch and settle its texts. Whatever the session does, the thread lives on and no token is lost."""
        windows = [ticket.windows[i] for ticket, i in batch]
        lengths = [len(window.ids) for window in windows]
        began = time.monotonic()
        try:
            rows = np.asarray(self._run(windows), dtype=np.float32)
        except Exception as error:  # onnxruntime has no one class for these
            _fail(batch, f"the session raised {type(error).__name__}")
        else:
            self._fill(batch, rows)
            self._rate += 0.1 * (sum(lengths) / max(time.monotonic() - began, 1e-6) - self._rate)
        self._observe(lengths, time.monotonic() - began)
        with self._changed:
            self._count(-sum(lengths))
        texts = dict.fromkeys(ticket for ticket, _ in batch)
        settled = [ticket for ticket in texts if ticket.failure is not None or not ticket.todo]
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(_settle, settled)

    def _fill(self, batch: Batch, rows: Logits) -> None:
        if rows.shape != (len(batch), self._width):
            _fail(batch, f"the session gave rows of shape {rows.shape}, not {(len(batch), self._width)}")
            return
        for (ticket, i), row in zip(batch, rows, strict=True):
            ticket.rows[i] = row
            if not np.isfinite(row).all():  # NaN reaches no threshold: it would pass for harmless
                _fail([(ticket, i)], "the session gave a logit that is not finite")

    def _observe(self, lengths: Sequence[int], seconds: float) -> None:
        tokens, padded = sum(lengths), len(lengths) * max(lengths)
        self._metrics.inference.observe(seconds)
        self._metrics.batch_windows.observe(len(lengths))
        self._metrics.batch_tokens.observe(padded)
        self._metrics.padding.inc(padded - tokens)
        self._metrics.tokens.inc(tokens)

    def _count(self, tokens: int) -> None:
        """Count tokens in, or out when negative. The lock is held."""
        self._queued += tokens
        self._metrics.queued.set(self._queued)


def _settle(tickets: Sequence[Ticket]) -> None:
    for ticket in tickets:
        ticket.settle()


def _fail(batch: Batch, failure: str) -> None:
    _log.error("%s; windows: %d", failure, len(batch))
    for ticket, _ in batch:
        ticket.failure = failure
