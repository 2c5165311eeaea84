"""A queue by itself, without a session and its thread: for tests of the order."""

import asyncio
from collections.abc import Sequence

from service.batching.fairqueue import FairQueue
from service.batching.tickets import Ticket
from tests.service.unit.session import WIDTH, text


class Queued:
    """Makes tickets and puts them into queues."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def add(self, queue: FairQueue, *texts: Sequence[int], tenant: str = "") -> list[Ticket]:
        """Queue texts with windows of these lengths, and return their tickets."""
        tickets = [Ticket(text(*each), WIDTH, loop=self._loop, gone=lambda _: None, tenant=tenant) for each in texts]
        for ticket in tickets:
            queue.add(ticket)
        return tickets
