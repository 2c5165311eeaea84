"""Which answers count, and what the percentiles of their times are."""

import pytest

from tests.bench.tally import Result, Tally, percentile


def result(tally: Tally) -> Result:
    return tally.result(missing=0, busy=0.25, sent=9)


@pytest.mark.parametrize(
    ("share", "milliseconds"), [(0.0, 1.0), (0.5, 51.0), (0.95, 96.0), (0.99, 100.0), (1.0, 100.0)]
)
def test_a_percentile_is_the_first_time_that_so_many_come_before(share, milliseconds):
    assert percentile([i / 1000 for i in range(1, 101)], share) == milliseconds


def test_percentiles_of_little():
    assert percentile([], 0.99) == 0.0
    assert [percentile([0.002], share) for share in (0.5, 0.99)] == [2.0, 2.0]
    assert [percentile([0.002, 0.003], share) for share in (0.49, 0.5, 0.99)] == [2.0, 3.0, 3.0]


def test_a_time_counts_from_when_the_request_was_due():
    tally = Tally(10.0, 12.0, by_due=True)
    tally.add(200, due=11.0, now=14.5)
    assert (result(tally).p50, result(tally).p99) == (3500.0, 3500.0)


def test_an_open_loop_counts_what_fell_due_in_its_time_whenever_it_is_answered():
    tally = Tally(10.0, 12.0, by_due=True)
    for due, now in ((9.9, 10.5), (10.0, 10.1), (11.9, 60.0), (12.0, 12.1)):
        tally.add(200, due, now)
    assert result(tally).answered == {"200": 2}
    assert (result(tally).rate, result(tally).p99) == (1.0, 48_100.0)


def test_a_closed_loop_counts_what_was_answered_in_its_time():
    tally = Tally(10.0, 12.0, by_due=False)
    for due, now in ((8.0, 9.9), (9.9, 10.0), (11.0, 11.9), (11.9, 12.0)):
        tally.add(200, due, now)
    assert result(tally).answered == {"200": 2}
    assert result(tally).p99 == 900.0


def test_only_good_answers_make_the_rate_and_the_times_and_all_make_the_load():
    tally = Tally(0.0, 2.0, by_due=True)
    for status, taken in ((200, 0.01), (200, 0.02), (429, 0.5), (503, 3.0), (0, 4.0)):
        tally.add(status, 1.0, 1.0 + taken)
    found = tally.result(missing=2, busy=0.25, sent=9)
    assert found.answered == {"200": 2, "429": 1, "503": 1, "0": 1, "none": 2}
    assert (found.rate, found.offered) == (1.0, 2.5)
    assert (found.p99, found.refused_p99) == (20.0, 500.0)
    assert (found.busy, found.sent) == (0.25, 9)
