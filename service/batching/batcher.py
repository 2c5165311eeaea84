"""The queue in front of the session: admission by tokens, batches without a timer, one inference thread a core.

    event loop           submit -> admission .                         . rows -> pool -> future
    inference threads                          queue -> batch -> session

A batch is whatever waits when a thread is free. Who is let in is said in admission.py, who goes first and with
whom in fairqueue.py; the threads are in inference.py. A ticket with more windows than fit goes behind all that came
meanwhile, so a long document delays a short prompt by one batch.

A thread idles between two batches, so it chooses and no more: what is here happens on the event loop, while the next
batch runs.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from models.encode import Encoded
from models.pool import Pooled, pool
from service.batching.admission import Admission
from service.batching.inference import Finished, Inference, Run
from service.batching.pace import Pace
from service.batching.patience import Patience
from service.batching.tickets import Pool, Ticket
from service.errors import Overloaded
from service.metrics import Metrics


class Batcher:
    """Lets texts in and answers them; for the event loop that created it. `close` is for any other thread."""

    def __init__(
        self,
        run: Run,
        width: int,
        batch_tokens: int,
        max_queued_tokens: int,
        metrics: Metrics,
        pool: Pool = pool,
        *,
        run_alone: Run | None = None,
        workers: int = 1,
        patience: Patience | None = None,
    ) -> None:
        """`run` may be called by `workers` threads at once, `run_alone` by one (models.backend).

        Without `patience` a text may wait for ever.
        """
        self._batch_tokens = batch_tokens
        self._metrics = metrics
        self._pace = Pace(batch_tokens, workers)
        self._admission = Admission(max_queued_tokens, batch_tokens, self._pace, patience or Patience())
        loop = asyncio.get_running_loop()
        self._inference = Inference(run, run_alone or run, workers, width, batch_tokens, loop, self._finish, self._drop)
        self._ticket = partial(Ticket, width=width, loop=loop, gone=self._inference.withdraw, pool=pool)

    def submit(self, texts: Sequence[Encoded], tenant: str = "") -> list[asyncio.Future[Pooled]]:
        """Queue the texts of one request, all or none; `tenant` is whose they are.

        Each future gets the text's Pooled, or ScoringFailed. A cancelled future's
        text is dropped before it reaches the session, unless its batch is already running.

        Raises Overloaded; TooLarge for what never fits; Unavailable once closed.
        """
        tickets = [self._ticket(each, tenant=tenant) for each in texts]
        with self._refusals():
            self._admission.admit(tenant, [ticket.tokens for ticket in tickets])
        self._inference.put([ticket for ticket in tickets if ticket.windows])
        self._settle([ticket for ticket in tickets if not ticket.windows])
        return [*tickets]

    def check_wait(self, tenant: str) -> None:
        """Raise Overloaded where a text would wait too long: to be asked before it is tokenised."""
        with self._refusals():
            self._admission.check_wait(tenant)

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except Overloaded:
            self._metrics.refused.inc()
            raise

    def close(self) -> None:
        """Score what is queued, then end the threads. Blocks until they have ended."""
        self._inference.close()

    def _finish(self, finished: Finished) -> None:
        """Count and observe a batch, and settle the texts that it was the last of."""
        batch, seconds = finished.batch, finished.ended - finished.began
        padded = len(batch.places) * batch.longest
        self._metrics.inference.observe(seconds)
        self._metrics.batch_windows.observe(len(batch.places))
        self._metrics.batch_tokens.observe(padded)
        self._metrics.batch_fill.observe(min(1.0, padded / self._batch_tokens))
        self._metrics.padding.inc(padded - batch.tokens)
        self._metrics.tokens.inc(batch.tokens)
        for ticket, _, length in batch.places:
            if ticket.unscored == len(ticket.windows):  # its first batch: it has waited until now
                self._metrics.queue_wait.observe(finished.began - ticket.admitted)
            ticket.unscored -= 1
            self._admission.release(ticket.tenant, length)
        if finished.rows is not None:
            self._pace.observe(batch.tokens, seconds, alone=finished.alone)
            for (ticket, i, _), row in zip(batch.places, finished.rows, strict=True):
                ticket.rows[i] = row
        texts = dict.fromkeys(ticket for ticket, _, _ in batch.places)
        self._settle([ticket for ticket in texts if ticket.failure is not None or not ticket.unscored])

    def _drop(self, ticket: Ticket, tokens: int) -> None:
        """Count out what was left of a text that nobody waits for any more, or that failed."""
        self._admission.release(ticket.tenant, tokens)
        if ticket.failure is None:
            self._metrics.dropped.inc()
        self._settle([ticket])

    def _settle(self, tickets: Sequence[Ticket]) -> None:
        """Answer texts, and let them go out of the count of those that wait for a batch."""
        for ticket in tickets:
            ticket.settle()
            if not ticket.ended:
                ticket.ended = True
                self._admission.end(ticket.tenant, ticket.tokens)
        self._metrics.queued.set(self._admission.waiting)
