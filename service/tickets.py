"""What waits for the session: a ticket for each text, and the choice of windows that run together."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.encode import Encoded, Window
from models.pool import Pooled, pool
from service.errors import ScoringFailed

Logits: TypeAlias = NDArray[np.float32]
# From the logits of a text's windows to the text.
Pool: TypeAlias = Callable[[Logits, Sequence[Window]], Pooled]

# Windows looked at to fill a batch: sorting all of a full queue would take longer than scoring the batch.
_HORIZON = 1024


class Ticket:
    """One text in the queue: its windows, those not yet scored, and the future that gets its pooled logits."""

    def __init__(self, encoded: Encoded, width: int, future: asyncio.Future[Pooled], pool: Pool = pool) -> None:
        self._pool = pool
        self.windows = encoded.windows
        self.future = future
        self.rows = np.empty((len(encoded.windows), width), dtype=np.float32)
        self.todo = deque(range(len(encoded.windows)))
        self.failure: str | None = None
        self.admitted = time.monotonic()

    @property
    def tokens_to_do(self) -> int:
        """The tokens of the windows not yet taken into a batch."""
        return sum(len(self.windows[i].ids) for i in self.todo)

    @property
    def unwanted(self) -> bool:
        """Whether what is left of it need not be scored: it failed, or nobody waits for it."""
        return self.failure is not None or self.future.done()

    def settle(self) -> None:
        """Resolve the future, unless it was cancelled; for the event loop."""
        if self.future.done():
            return
        if self.failure is not None:
            self.future.set_exception(ScoringFailed(self.failure))
        else:
            self.future.set_result(self._pool(self.rows, self.windows))


# Windows that run together: each is a ticket and the index of one of its windows.
Batch: TypeAlias = list[tuple[Ticket, int]]


def choose(queue: Iterable[Ticket], budget: int) -> Batch:
    """Return the oldest window and its nearest neighbours in length, as many as fit into `budget` padded tokens.

    A window longer than the budget goes alone. No ticket in the queue may be without a window to do.
    """
    waiting = list(islice(((ticket, i) for ticket in queue for i in ticket.todo), _HORIZON))
    batch = waiting[:1]
    length = longest = _length(waiting[0])
    # Stable: the older one first among those equally near.
    for each in sorted(waiting[1:], key=lambda other: abs(_length(other) - length)):
        longer = max(longest, _length(each))
        if longer * (len(batch) + 1) <= budget:
            batch.append(each)
            longest = longer
        elif longer == longest:
            break  # no room for another row, however short
    return batch


def _length(entry: tuple[Ticket, int]) -> int:
    ticket, i = entry
    return len(ticket.windows[i].ids)
