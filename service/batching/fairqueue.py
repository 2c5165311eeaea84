"""The order of the queue: tenants lead batches in turn, and what is about as long as the lead goes along.

Each batch is led by the oldest text of the tenant whose turn it is; then the tenant goes behind all others that wait.
That is round robin as in Nagle's fair queueing (RFC 970, 1985), with a batch for the quantum of deficit round robin
(Shreedhar and Varghese, "Efficient fair queuing using deficit round robin", IEEE/ACM Transactions on Networking 4(3),
1996). Between two turns of a tenant each other that waits leads one batch, whatever it has queued, and nothing is kept
of a tenant that has nothing waiting.

The rest of a batch is the windows nearest to the lead in length, because on a CPU padding is the real cost. While there
are some about as long as the lead, every other place goes to the tenant that leads, those between to the others in
turn. So a tenant with enough of them waiting gets half of the batch it leads, and where all texts are about as long,
as many tokens as any other.
"""

import sys
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import islice

from service.batching.tickets import Batch, Line, Place, Ticket

# About as long is within this part of the lead's length. Beside four tenants with 50 texts, one with 5,000 had 72, 51
# and 34 % of the tokens with 1/16, 1/8 and 1/4, for 6, 12 and 20 % of padding.
_NEAR = 1 / 8
# Tenants looked at for a batch: beyond, looking takes longer than filling the batch gains.
_HORIZON = 256


class FairQueue:
    """The texts that wait; for the inference thread."""

    def __init__(self) -> None:
        self._lines: OrderedDict[str, Line] = OrderedDict()
        self._led: Ticket | None = None

    def __bool__(self) -> bool:
        return bool(self._lines)

    def add(self, ticket: Ticket) -> None:
        """Put a text that has windows behind those of its tenant, and a new tenant behind the others."""
        line = self._lines.get(ticket.tenant)
        if line is None:
            line = self._lines[ticket.tenant] = Line()
        line.add(ticket)

    def drop(self, ticket: Ticket) -> int:
        """Take out what is left of a text; return its tokens, 0 when nothing was left."""
        tokens = sum(length * len(left) for length, left in ticket.todo.items())
        if tokens:
            self._lines[ticket.tenant].drop(ticket)
            self._forget({ticket.tenant})
        return tokens

    def take(self, budget: int) -> Batch:
        """Take out the windows of a batch, the lead first: as many as fit into `budget` tokens with their padding.

        A window longer than the budget goes alone. There must be a text in the queue.
        """
        self._pass_turn()
        batch = _choose([*islice(self._lines.values(), _HORIZON)], budget)
        for place in batch.places:
            self._lines[place[0].tenant].take(place)
        self._led = batch.places[0][0]
        self._forget({ticket.tenant for ticket, _, _ in batch.places})
        return batch

    def _pass_turn(self) -> None:
        """Put who led the last batch behind all that came meanwhile: its tenant, and in its line the text."""
        led, self._led = self._led, None
        if led and (line := self._lines.get(led.tenant)):
            self._lines.move_to_end(led.tenant)
            line.put_last(led)

    def _forget(self, tenants: Iterable[str]) -> None:
        """Let go of tenants that have nothing waiting."""
        for tenant in tenants:
            if not self._lines[tenant]:
                del self._lines[tenant]
        if not self._lines:
            self._led = None


def _choose(lines: list[Line], budget: int) -> Batch:
    """Return a batch led by the first line's oldest text."""
    batch = Batch(budget)
    lead = lines[0].lead
    near = int(lead * _NEAR)
    own, *others = [line.nearest(lead, range(near + 1), batch) for line in lines]
    for place in _in_turn([own, _in_turn(others)]):  # first the lead, the nearest to itself
        batch.add(place)
        if not batch.room:
            return batch
    far = [line.nearest(lead, range(near + 1, sys.maxsize), batch) for line in lines]
    for place in merge(*far, key=lambda place: abs(place[2] - lead)):
        if place[2] <= batch.room:  # it may have become too long while it was the next of its line
            batch.add(place)
    return batch


def _in_turn(sources: Iterable[Iterator[Place]]) -> Iterator[Place]:
    """Yield one of each source in turn, of those that have any left."""
    turns = deque(sources)
    while turns:
        place = next(turns[0], None)
        if place is None:
            turns.popleft()
        else:
            yield place
            turns.rotate(-1)
