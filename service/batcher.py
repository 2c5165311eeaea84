"""The queue in front of the session: admission by tokens, batches without a timer, one inference thread.

    event loop          submit -> admission .                         . rows -> pool -> future
    inference thread                          queue -> batch -> session

A batch is whatever waits when the session is free. Who is let in is said in admission.py, who goes first and with
whom in fairqueue.py; the thread is in inference.py. A ticket with more windows than fit goes behind all that came
meanwhile, so a long document delays a short prompt by one batch.

The session idles between two batches, so the thread chooses and no more: what is here happens on the event loop, while
the next batch runs.
"""

import asyncio
from collections.abc import Sequence
from functools import partial

from models.encode import Encoded
from models.pool import Pooled, pool
from service.admission import Admission
from service.errors import Overloaded
from service.inference import Inference, Run, Scored
from service.metrics import Metrics
from service.tickets import Pool, Ticket


class Batcher:
    """Lets texts in and answers them; for the event loop that created it. `close` is for any other thread."""

    def __init__(
        self, run: Run, width: int, batch_tokens: int, max_queued_tokens: int, metrics: Metrics, pool: Pool = pool
    ) -> None:
        self._batch_tokens = batch_tokens
        self._metrics = metrics
        self._admission = Admission(max_queued_tokens)
        # Tokens a second, smoothed: it turns the length of the queue into Retry-After.
        self._rate = 5_000.0
        loop = asyncio.get_running_loop()
        self._inference = Inference(run, width, batch_tokens, loop, self._finish, self._drop)
        self._ticket = partial(Ticket, width=width, loop=loop, gone=self._inference.withdraw, pool=pool)

    def submit(self, texts: Sequence[Encoded], tenant: str = "") -> list[asyncio.Future[Pooled]]:
        """Queue the texts of one request, all or none; `tenant` is whose they are.

        Each future gets the text's Pooled, or ScoringFailed. A cancelled future's
        text is dropped before it reaches the session, unless its batch is already running.

        Raises Overloaded; TooLarge for what never fits; Unavailable once closed.
        """
        tickets = [self._ticket(each, tenant=tenant) for each in texts]
        try:
            self._admission.admit(tenant, sum(ticket.tokens for ticket in tickets), self._rate)
        except Overloaded:
            self._metrics.refused.inc()
            raise
        self._inference.put([ticket for ticket in tickets if ticket.windows])
        self._metrics.queued.set(self._admission.waiting)
        _settle([ticket for ticket in tickets if not ticket.windows])
        return [*tickets]

    def close(self) -> None:
        """Score what is queued, then end the thread. Blocks until it has ended."""
        self._inference.close()

    def _finish(self, scored: Scored) -> None:
        """Count and observe a batch, and settle the texts that it was the last of."""
        batch, seconds = scored.batch, scored.ended - scored.began
        padded = len(batch.places) * batch.longest
        self._metrics.inference.observe(seconds)
        self._metrics.batch_windows.observe(len(batch.places))
        self._metrics.batch_tokens.observe(padded)
        self._metrics.batch_fill.observe(min(1.0, padded / self._batch_tokens))
        self._metrics.padding.inc(padded - batch.tokens)
        self._metrics.tokens.inc(batch.tokens)
        for ticket, _, length in batch.places:
            self._admission.release(ticket.tenant, length)
            if not ticket.observed:
                ticket.observed = True
                self._metrics.queue_wait.observe(scored.began - ticket.admitted)
        self._metrics.queued.set(self._admission.waiting)
        if scored.rows is not None:
            self._rate += 0.1 * (batch.tokens / max(seconds, 1e-6) - self._rate)
            for (ticket, i, _), row in zip(batch.places, scored.rows, strict=True):
                ticket.rows[i] = row
        _settle(scored.done)

    def _drop(self, ticket: Ticket, tokens: int) -> None:
        """Count out what was left of a text that nobody waits for any more, or that failed."""
        self._admission.release(ticket.tenant, tokens)
        self._metrics.queued.set(self._admission.waiting)
        if ticket.failure is None:
            self._metrics.dropped.inc()


def _settle(tickets: Sequence[Ticket]) -> None:
    for ticket in tickets:
        ticket.settle()
