"""What waits for the session: a ticket for each text, and the line in which the texts of a tenant wait.

line    oldest first       ticket, ticket, ticket, ...
        by length       20 ticket, ticket, ...    256 ticket, ...    of their windows not yet taken
"""

import asyncio
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from models.encode import Encoded, Window
from models.pool import Pooled, pool
from service.errors import ScoringFailed

Logits: TypeAlias = NDArray[np.float32]
# From the logits of a text's windows to the text.
Pool: TypeAlias = Callable[[Logits, Sequence[Window]], Pooled]


class Ticket(asyncio.Future[Pooled]):
    """One text in the queue, and to whoever waits for it the future of its pooled logits.

    Once it is queued, `todo` belongs to the inference thread that chooses, and all of them set `failure`; the rest is
    the event loop's. `gone` is called when the future is cancelled: at once, where a callback would let another batch
    begin.
    """

    def __init__(
        self,
        encoded: Encoded,
        width: int,
        *,
        loop: asyncio.AbstractEventLoop,
        gone: Callable[["Ticket"], None],
        pool: Pool = pool,
        tenant: str = "",
    ) -> None:
        super().__init__(loop=loop)
        self.tenant = tenant
        self.windows = encoded.windows
        self.rows = np.empty((len(encoded.windows), width), dtype=np.float32)
        # The windows not yet taken into a batch, as indices by length, both in order.
        self.todo: dict[int, list[int]] = {}
        for i, window in enumerate(encoded.windows):
            self.todo.setdefault(len(window.ids), []).append(i)
        self.tokens = sum(length * len(each) for length, each in self.todo.items())
        self.unscored = len(encoded.windows)
        self.failure: str | None = None
        self.admitted = time.monotonic()
        self.ended = False  # whether it was counted out; one that failed or was cancelled may be settled twice
        self._gone = gone
        self._pool = pool

    def cancel(self, msg: object = None) -> bool:
        """Cancel the future, and have the text leave the queue."""
        cancelled = super().cancel(msg)
        if cancelled:
            self._gone(self)
        return cancelled

    def settle(self) -> None:
        """Resolve the future, unless it was cancelled; for the event loop."""
        if self.done():
            return
        if self.failure is not None:
            self.set_exception(ScoringFailed(self.failure))
        else:
            self.set_result(self._pool(self.rows, self.windows))


# One window of a ticket, by its index, and how many tokens it has.
Place: TypeAlias = tuple[Ticket, int, int]


class Batch:
    """Windows that run together: with padding they fit into the budget, unless it is one that is longer."""

    def __init__(self, budget: int) -> None:
        self.places: list[Place] = []
        self.tokens = 0  # without padding
        self.longest = 0
        # The longest window for which there is room, 0 when there is for none.
        self.room = sys.maxsize
        self._budget = budget

    def add(self, place: Place) -> None:
        """Add a window for which there is room, or the first one."""
        length = place[2]
        self.places.append(place)
        self.tokens += length
        if length > self.longest:
            self.longest = length
        room = self._budget // (len(self.places) + 1)
        self.room = room if room >= self.longest else 0


class Line:
    """The texts of one tenant. A ticket in it has a window to do."""

    def __init__(self) -> None:
        self._tickets: OrderedDict[Ticket, None] = OrderedDict()
        self._by_length: dict[int, OrderedDict[Ticket, None]] = {}

    def __bool__(self) -> bool:
        return bool(self._tickets)

    @property
    def lead(self) -> int:
        """The length of the window that leads: the first one of the oldest text."""
        return next(iter(next(iter(self._tickets)).todo))

    def add(self, ticket: Ticket) -> None:
        """Put a text at the end."""
        self._tickets[ticket] = None
        for length in ticket.todo:
            if length not in self._by_length:
                self._by_length[length] = OrderedDict()
            self._by_length[length][ticket] = None

    def put_last(self, ticket: Ticket) -> None:
        """Move a text behind all that came meanwhile, if it still waits."""
        if ticket in self._tickets:
            self._tickets.move_to_end(ticket)
            for length in ticket.todo:
                self._by_length[length].move_to_end(ticket)

    def take(self, place: Place) -> None:
        """Take out a window: of those of its length the first of its ticket."""
        ticket, _, length = place
        left = ticket.todo[length]
        del left[0]
        if not left:
            self._clear(ticket, length)

    def drop(self, ticket: Ticket) -> None:
        """Take out what is left of a text."""
        for length in [*ticket.todo]:
            self._clear(ticket, length)

    def nearest(self, length: int, distances: range, batch: Batch) -> Iterator[Place]:
        """Yield the windows at these distances from a length for which the batch has room, the nearest first.

        Of one length the oldest text goes first, and the shorter of two lengths as near: it pads no other window.
        """
        lengths = [each for each in self._by_length if abs(each - length) in distances]
        lengths.sort(key=lambda each: (abs(each - length), each))
        for each in lengths:
            for ticket in self._by_length[each]:
                if each > batch.room:
                    break
                for i in ticket.todo[each]:
                    yield ticket, i, each

    def _clear(self, ticket: Ticket, length: int) -> None:
        del ticket.todo[length]
        shelf = self._by_length[length]
        del shelf[ticket]
        if not shelf:
            del self._by_length[length]
        if not ticket.todo:
            del self._tickets[ticket]
