"""Which windows run together: a pure choice."""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service import tickets
from service.tickets import Batch, Ticket, choose
from tests.service.unit.session import WIDTH, text

lengths = st.lists(st.lists(st.integers(1, 60), min_size=1, max_size=6), min_size=1, max_size=12)
budgets = st.integers(1, 300)
quick = settings(max_examples=50, deadline=None)


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def queue_of(loop: asyncio.AbstractEventLoop, *texts: list[int]) -> list[Ticket]:
    return [Ticket(text(*each, token=100 * i), WIDTH, loop.create_future()) for i, each in enumerate(texts)]


def sizes(batch: Batch) -> list[int]:
    return [len(ticket.windows[i].ids) for ticket, i in batch]


def left_out(queue: list[Ticket], batch: Batch) -> list[int]:
    return [len(ticket.windows[i].ids) for ticket in queue for i in ticket.todo if (ticket, i) not in batch]


@quick
@given(lengths, budgets)
def test_the_oldest_window_comes_first_whatever_its_length(loop, texts, budget):
    queue = queue_of(loop, *texts)
    assert choose(queue, budget)[0] == (queue[0], 0)


@quick
@given(lengths, budgets)
def test_a_batch_with_its_padding_fits_the_budget_or_is_one_window(loop, texts, budget):
    found = sizes(choose(queue_of(loop, *texts), budget))
    assert len(found) == 1 or len(found) * max(found) <= budget


@quick
@given(lengths, budgets)
def test_nothing_is_left_out_that_would_fit(loop, texts, budget):
    queue = queue_of(loop, *texts)
    batch = choose(queue, budget)
    for length in left_out(queue, batch):
        assert max(length, *sizes(batch), 0) * (len(batch) + 1) > budget


@quick
@given(lengths, budgets)
def test_no_window_is_taken_twice(loop, texts, budget):
    batch = choose(queue_of(loop, *texts), budget)
    assert len(set(batch)) == len(batch)


@quick
@given(lengths, budgets)
def test_what_is_left_out_is_longer_than_it_may_be_or_no_nearer(loop, texts, budget):
    queue = queue_of(loop, *texts)
    batch = choose(queue, budget)
    found = sizes(batch)
    farthest = max(abs(length - found[0]) for length in found)
    for length in left_out(queue, batch):
        assert abs(length - found[0]) >= farthest or length > max(found)


def test_neighbours_in_length_are_preferred(loop):
    queue = queue_of(loop, [20], [60], [21], [5], [19])
    assert sizes(choose(queue, 63)) == [20, 21, 19]


def test_of_equally_near_windows_the_older_goes_first(loop):
    queue = queue_of(loop, [20], [22], [18], [22])
    assert choose(queue, 44) == [(queue[0], 0), (queue[1], 0)]


def test_a_shorter_window_fills_the_room_that_a_longer_one_would_break(loop):
    queue = queue_of(loop, [30], [34], [25])
    assert sizes(choose(queue, 64)) == [30, 25]


def test_a_window_above_the_budget_goes_alone(loop):
    assert sizes(choose(queue_of(loop, [50], [50]), 20)) == [50]


def test_windows_taken_before_are_not_taken_again(loop):
    queue = queue_of(loop, [10, 10, 10])
    queue[0].todo.remove(0)
    assert choose(queue, 100) == [(queue[0], 1), (queue[0], 2)]


def test_a_long_queue_is_not_searched_to_its_end(loop, monkeypatch):
    monkeypatch.setattr(tickets, "_HORIZON", 3)
    assert sizes(choose(queue_of(loop, [10], [40], [30], [10], [10]), 1000)) == [10, 30, 40]
