"""How long a text may have to wait for its first batch, and what the queue's length means in time."""

import pytest

from service.batching.admission import Admission
from service.batching.pace import Pace
from service.batching.patience import Patience
from service.errors import Overloaded, TooLarge

LIMIT, BATCH = 10_000, 100


def opened(max_wait: float, rate: float = 1000.0) -> Admission:
    pace = Pace(BATCH, workers=1)
    pace.observe(BATCH, BATCH / rate, alone=True)
    return Admission(LIMIT, BATCH, pace, Patience(max_wait, max_wait))


def refusal(admission: Admission, tenant: str, texts: list[int]) -> Overloaded:
    with pytest.raises(Overloaded) as caught:
        admission.admit(tenant, texts)
    return caught.value


def test_a_text_is_refused_where_what_stands_before_it_takes_too_long():
    admission = opened(max_wait=0.2)
    for _ in range(3):
        admission.admit("", [80])
    assert str(refusal(admission, "", [80])) == "a text would wait 0.24 s, the limit is 0.2 s"
    admission.release("", 80)
    admission.end("", 80)
    admission.admit("", [80])


def test_what_is_asked_for_does_not_stand_before_itself():
    admission = opened(max_wait=0.2)
    admission.admit("", [80] * 100)
    refusal(admission, "", [1])


def test_a_long_text_stands_before_another_with_one_batch():
    admission = opened(max_wait=0.2)
    admission.admit("", [5000])
    admission.admit("", [100])
    admission.admit("", [100])
    refusal(admission, "", [1])
    for _ in range(49):  # its windows, but the last batch
        admission.release("", 100)
    refusal(admission, "", [1])
    admission.release("", 100)
    admission.end("", 5000)
    admission.admit("", [1])


def test_a_flood_of_one_tenant_stands_before_another_with_one_batch():
    admission = opened(max_wait=0.2)
    admission.admit("a", [50] * 100)
    refusal(admission, "a", [1])
    admission.admit("b", [50])
    # Before its next text: its own, and of the other as much and a batch.
    admission.admit("b", [10])
    assert str(refusal(admission, "b", [10])) == "a text would wait 0.22 s, the limit is 0.2 s"


def test_nothing_to_score_is_never_refused_for_time():
    admission = opened(max_wait=0.1)
    admission.admit("", [500] * 5)
    refusal(admission, "", [1])
    admission.admit("", [0])


def test_nobody_is_refused_for_time_before_anything_was_measured():
    admission = Admission(LIMIT, BATCH, Pace(BATCH, workers=1), Patience(0.0, 0.0))
    for _ in range(3):
        admission.admit("", [1000])


def test_what_never_fits_is_too_large_and_not_late():
    admission = opened(max_wait=0.1)
    admission.admit("", [500] * 5)
    with pytest.raises(TooLarge):
        admission.admit("", [LIMIT + 1])


def test_a_queue_that_stands_lets_less_in_than_a_burst():
    now = 0.0
    pace = Pace(BATCH, workers=1)
    pace.observe(BATCH, 0.1, alone=True)  # 1,000 tokens a second
    admission = Admission(LIMIT, BATCH, pace, Patience(0.5, 0.1, clock=lambda: now))

    def score(texts: int) -> None:
        for _ in range(texts):
            admission.release("", 50)
            admission.end("", 50)

    admission.admit("", [50] * 8)
    now = 0.49
    admission.admit("", [50] * 3)  # a burst may wait
    assert str(refusal(admission, "", [50])) == "a text would wait 0.55 s, the limit is 0.5 s"
    score(8)
    now = 0.5
    assert str(refusal(admission, "", [50])) == "a text would wait 0.15 s, the limit is 0.1 s"
    score(1)
    admission.admit("", [50])
    score(1)  # what waits at the limit still stands
    now = 5.0
    admission.admit("", [50])
    refusal(admission, "", [50])
    score(3)
    admission.admit("", [50] * 8)
    admission.admit("", [50])  # it was short: the next burst


def test_a_queue_that_was_drained_is_short():
    now = 0.0
    patience = Patience(0.5, 0.1, clock=lambda: now)
    patience.see(1.0)
    now = 1.0
    assert patience.limit == 0.1
    patience.see(0.05)
    assert patience.limit == 0.1
    patience.see(0.049)
    assert patience.limit == 0.5


def test_a_queue_that_stands_is_never_let_wait_longer_than_a_burst():
    now = 0.0
    patience = Patience(0.05, 0.1, clock=lambda: now)
    patience.see(1.0)
    now = 1.0
    assert patience.limit == 0.05


def test_retry_after_is_when_it_would_be_soon_enough():
    admission = opened(max_wait=2.0, rate=10.0)
    admission.admit("", [50])
    assert refusal(admission, "", [1]).headers["Retry-After"] == "3"


def test_all_is_forgotten_with_the_last_text():
    admission = opened(max_wait=10.0)
    admission.admit("a", [10, 300])
    admission.admit("b", [20])
    for tenant, tokens in (("a", 10), ("a", 300), ("b", 20)):
        admission.release(tenant, tokens)
        admission.end(tenant, tokens)
    assert admission.waiting == 0
    assert (admission._by_tenant, admission._before) == ({}, {})


def test_the_pace_is_that_of_full_batches():
    pace = Pace(batch_tokens=1000, workers=1)
    pace.observe(1000, 0.1, alone=True)
    for _ in range(100):
        pace.observe(20, 0.01, alone=True)  # 2,000 tokens a second: a text by itself
    assert pace.seconds(10_000) == pytest.approx(1.0)
    for _ in range(100):
        pace.observe(1000, 0.5, alone=True)
    assert pace.seconds(10_000) == pytest.approx(5.0, rel=0.01)
    for _ in range(100):
        pace.observe(20, 0.001, alone=True)
    assert pace.seconds(10_000) == pytest.approx(0.5, rel=0.01)


def test_batches_side_by_side_count_for_all_workers():
    pace = Pace(batch_tokens=1000, workers=4)
    pace.observe(1000, 1.0, alone=False)
    assert pace.seconds(4000) == pytest.approx(1.0)


def test_before_anything_was_measured_a_caller_is_told_something():
    pace = Pace(1000, 1)
    assert pace.retry_after(1) == 1
    assert pace.retry_after(50_000) == 10
