"""Tenants that share the queue: each leads in its turn, and a flood takes no more than its part of a batch."""

import asyncio
import gc
import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.batching import fairqueue
from service.batching.fairqueue import FairQueue
from service.batching.tickets import Batch
from tests.service.unit.queued import Queued

TENANTS = "abcd"
# A tenant that queues a text with windows of these lengths; or a batch, with its budget.
steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(TENANTS), st.lists(st.integers(1, 40), min_size=1, max_size=4)),
        st.integers(1, 150),
    ),
    max_size=60,
)
quick = settings(max_examples=100, deadline=None)


@pytest.fixture(scope="module")
def queued():
    loop = asyncio.new_event_loop()
    yield Queued(loop)
    loop.close()


def tenants(batch: Batch) -> str:
    return "".join(ticket.tenant for ticket, _, _ in batch.places)


@quick
@given(steps)
def test_between_two_turns_of_a_tenant_each_other_leads_once_at_most(queued, steps):
    queue = FairQueue()
    # By tenant that waits: who has led since it came or led itself, and its texts that have a window left.
    since: dict[str, list[str]] = {}
    texts: dict[str, list] = {each: [] for each in TENANTS}
    for step in [*steps, *[100] * 300]:
        if isinstance(step, tuple):
            tenant, lengths = step
            texts[tenant] += queued.add(queue, lengths, tenant=tenant)
            since.setdefault(tenant, [])
        elif queue:
            batch = queue.take(step)
            leader = batch.places[0][0].tenant
            for leaders in since.values():
                leaders.append(leader)
                assert len(leaders) == len(set(leaders))
            texts = {tenant: [ticket for ticket in each if ticket.todo] for tenant, each in texts.items()}
            since[leader] = []
            since = {tenant: leaders for tenant, leaders in since.items() if texts[tenant]}
    assert not queue
    assert queue._lines == {}


@quick
@given(steps, st.data())
def test_no_window_is_lost_or_taken_twice_whatever_is_dropped(queued, steps, data):
    queue, tickets, taken, dropped = FairQueue(), [], Counter(), 0
    for step in [*steps, *[100] * 300]:
        if isinstance(step, tuple):
            tickets += queued.add(queue, step[1], tenant=step[0])
        elif queue:
            taken.update(queue.take(step).places)
            if tickets and data.draw(st.booleans()):
                gone = data.draw(st.sampled_from(tickets))
                dropped += queue.drop(gone)
    assert not queue
    assert set(taken.values()) <= {1}
    windows = sum(len(window.ids) for ticket in tickets for window in ticket.windows)
    assert sum(length for _, _, length in taken) + dropped == windows


@quick
@given(steps, st.integers(1, 300))
def test_places_about_as_long_are_half_the_leads_and_half_the_others(queued, steps, budget):
    queue = FairQueue()
    tickets = [each for step in steps if isinstance(step, tuple) for each in queued.add(queue, step[1], tenant=step[0])]
    if not queue:
        return
    batch = queue.take(budget)
    lead, _, length = batch.places[0]

    def is_near(other: int) -> bool:
        return abs(other - length) <= length / 8 and other <= batch.longest

    near = [ticket.tenant == lead.tenant for ticket, _, n in batch.places if is_near(n)]
    left = [each.tenant == lead.tenant for each in tickets for n, some in each.todo.items() for _ in some if is_near(n)]
    own, others = near.count(True), near.count(False)
    if True in left:
        assert own >= others
    if False in left:
        assert others >= own - 1


def test_a_newcomer_leads_before_a_flood_that_has_led(queued):
    queue = FairQueue()
    queued.add(queue, *[[20]] * 50, tenant="a")
    assert tenants(queue.take(100)) == "aaaaa"
    queued.add(queue, [90], tenant="b")
    assert tenants(queue.take(100)) == "b"
    assert tenants(queue.take(100)) == "aaaaa"


def test_a_text_about_as_long_as_a_floods_goes_along_with_it(queued):
    queue = FairQueue()
    queued.add(queue, *[[20]] * 50, tenant="a")
    queued.add(queue, [18], [22], tenant="b")
    # Not 23: it would make the padding of all the others longer, and leads the next batch.
    queued.add(queue, [23], tenant="c")
    assert tenants(queue.take(110)) == "ababa"
    assert tenants(queue.take(110))[0] == "c"


@pytest.mark.parametrize("count", [2, 3, 4])
def test_tenants_that_flood_alike_get_the_same_tokens(queued, count):
    queue = FairQueue()
    for tenant in TENANTS[:count]:
        queued.add(queue, *[[20]] * 600, tenant=tenant)
    got: Counter[str] = Counter()
    for _ in range(4 * count):
        got.update(tenants(queue.take(20 * 12 * (count - 1))))
    # As if each of the four batches that a tenant led had been all its own.
    assert got == dict.fromkeys(TENANTS[:count], 4 * 12 * (count - 1))


def test_a_tenant_with_little_waiting_gets_half_of_the_batch_it_leads(queued):
    queue = FairQueue()
    for tenant, count in ("a", 500), ("c", 500), ("d", 500), ("b", 60):
        queued.add(queue, *[[20]] * count, tenant=tenant)
    for _ in "acd":
        queue.take(20)
    assert Counter(tenants(queue.take(2000))) == {"b": 50, "a": 17, "c": 17, "d": 16}


def test_documents_of_two_tenants_take_turns_and_a_prompt_of_either_is_next_but_one(queued):
    queue = FairQueue()
    queued.add(queue, [50] * 40, tenant="a")
    queued.add(queue, [50] * 40, tenant="b")
    queue.take(50)
    queued.add(queue, [5], tenant="a")
    leads = [queue.take(50).places[0] for _ in range(3)]
    assert [(ticket.tenant, length) for ticket, _, length in leads] == [("b", 50), ("a", 5), ("b", 50)]


def test_only_so_many_tenants_are_looked_at(queued, monkeypatch):
    monkeypatch.setattr(fairqueue, "_HORIZON", 2)
    queue = FairQueue()
    for tenant in "abc":
        queued.add(queue, [20], tenant=tenant)
    assert tenants(queue.take(100)) == "ab"
    assert tenants(queue.take(100)) == "c"


def test_choosing_takes_no_longer_when_more_wait(queued):
    # The session idles meanwhile. Counted in steps of the interpreter: they are the same on every machine.
    def steps(waiting: int) -> int:
        queue = FairQueue()
        for tenant in TENANTS:
            queued.add(queue, *[[20], [21], [60], [250]] * (waiting // 16), tenant=tenant)
        count = 0

        def trace(frame: FrameType, event: str, arg: object) -> Callable:
            nonlocal count
            frame.f_trace_opcodes = True
            count += 1
            return trace

        gc.disable()  # what it finds may have steps of its own
        sys.settrace(trace)
        try:
            queue.take(2048)
        finally:
            sys.settrace(None)
            gc.enable()
        return count

    assert steps(8000) <= steps(800) * 1.01
