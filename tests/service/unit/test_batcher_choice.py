"""Which windows run together: the choice among the texts of one tenant."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.batching.fairqueue import FairQueue
from service.batching.tickets import Batch, Ticket
from tests.service.unit.queued import Queued

lengths = st.lists(st.lists(st.integers(1, 60), min_size=1, max_size=6), min_size=1, max_size=12)
budgets = st.integers(1, 300)
quick = settings(max_examples=50, deadline=None)


@pytest.fixture(scope="module")
def queued():
    loop = asyncio.new_event_loop()
    yield Queued(loop)
    loop.close()


def sizes(batch: Batch) -> list[int]:
    return [length for _, _, length in batch.places]


def left_out(tickets: list[Ticket]) -> list[int]:
    return [length for ticket in tickets for length, left in ticket.todo.items() for _ in left]


def taken(queued: Queued, texts: list[list[int]], budget: int) -> tuple[list[Ticket], Batch]:
    queue = FairQueue()
    tickets = queued.add(queue, *texts)
    return tickets, queue.take(budget)


@quick
@given(lengths, budgets)
def test_the_oldest_window_comes_first_whatever_its_length(queued, texts, budget):
    tickets, batch = taken(queued, texts, budget)
    assert batch.places[0] == (tickets[0], 0, texts[0][0])


@quick
@given(lengths, budgets)
def test_a_batch_with_its_padding_fits_the_budget_or_is_one_window(queued, texts, budget):
    _, batch = taken(queued, texts, budget)
    found = sizes(batch)
    assert len(found) == 1 or len(found) * max(found) <= budget
    assert (batch.longest, batch.tokens) == (max(found), sum(found))


@quick
@given(lengths, budgets)
def test_nothing_is_left_out_that_would_fit(queued, texts, budget):
    tickets, batch = taken(queued, texts, budget)
    for length in left_out(tickets):
        assert max(length, *sizes(batch), 0) * (len(batch.places) + 1) > budget


@quick
@given(lengths, budgets)
def test_every_window_is_taken_once_and_those_of_a_length_in_order(queued, texts, budget):
    queue = FairQueue()
    tickets = queued.add(queue, *texts)
    places = []
    while queue:
        places += queue.take(budget).places
    assert len(places) == len(set(places))
    assert {(ticket, i) for ticket, i, _ in places} == {(t, i) for t in tickets for i in range(len(t.windows))}
    for ticket in tickets:
        for length in {len(window.ids) for window in ticket.windows}:
            order = [i for each, i, n in places if each is ticket and n == length]
            assert order == sorted(order)


@quick
@given(lengths, budgets)
def test_what_is_left_out_is_longer_than_it_may_be_or_no_nearer(queued, texts, budget):
    tickets, batch = taken(queued, texts, budget)
    found = sizes(batch)
    farthest = max(abs(length - found[0]) for length in found)
    for length in left_out(tickets):
        assert abs(length - found[0]) >= farthest or length > max(found)


@pytest.mark.parametrize(
    ("texts", "budget", "batch"),
    [
        pytest.param([[20], [60], [21], [5], [19]], 63, [20, 19, 21], id="neighbours in length are preferred"),
        pytest.param([[20], [22], [18], [22]], 44, [20, 18], id="the shorter of two as near: it pads no other"),
        pytest.param([[30], [34], [25]], 64, [30, 25], id="a shorter one fills room that a longer one would break"),
        pytest.param([[50], [50]], 20, [50], id="a window above the budget goes alone"),
    ],
)
def test_who_goes_along(queued, texts, budget, batch):
    _, found = taken(queued, texts, budget)
    assert sizes(found) == batch


def test_of_one_length_the_older_goes_first(queued):
    tickets, batch = taken(queued, [[20], [22], [22], [22]], 66)
    assert [ticket for ticket, _, _ in batch.places] == tickets[:3]


def test_a_ticket_with_windows_left_goes_behind_all_that_came_meanwhile(queued):
    queue = FairQueue()
    (document,) = queued.add(queue, [10] * 5)
    queue.take(20)
    later = queued.add(queue, [10], [10], [10])
    # In the order of its length as well: else a document would fill the batches that others lead.
    assert [ticket for ticket, _, _ in queue.take(20).places] == later[:2]
    assert [ticket for ticket, _, _ in queue.take(20).places] == [later[2], document]


def test_what_is_dropped_is_not_taken(queued):
    queue = FairQueue()
    first, gone, last = queued.add(queue, [10], [10, 20, 20], [10])
    assert queue.drop(gone) == 50
    assert queue.drop(gone) == 0
    assert [ticket for ticket, _, _ in queue.take(100).places] == [first, last]
    assert not queue
