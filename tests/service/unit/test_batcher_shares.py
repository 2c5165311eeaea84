"""What each tenant may have in the queue: the dynamic threshold by itself, without a session."""

import contextlib
from collections import Counter
from itertools import cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.batching.admission import Admission
from service.batching.pace import Pace
from service.batching.patience import Patience
from service.errors import Overloaded, TooLarge

LIMIT = 1000
quick = settings(max_examples=200, deadline=None)
# A tenant, and the tokens that it asks for or, when negative, that are scored of it.
steps = st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(-400, 600).filter(bool)), max_size=40)


def opened(rate: float = 1.0) -> Admission:
    """Return an admission where so many tokens a second are scored, and nobody minds waiting."""
    pace = Pace(batch_tokens=1, workers=1)
    pace.observe(1, 1 / rate, alone=True)
    return Admission(LIMIT, 1, pace, Patience())


def flood(admission: Admission, tenant: str) -> int:
    """Ask for one token at a time until refused; return how many were let in."""
    tokens = 0
    try:
        while True:
            admission.admit(tenant, [1])
            tokens += 1
    except Overloaded:
        return tokens


def wait(caught: pytest.ExceptionInfo[Overloaded]) -> int:
    return int(caught.value.headers["Retry-After"])


@quick
@given(steps)
def test_one_with_something_waiting_never_takes_more_than_it_leaves(steps):
    admission = opened()
    waiting: Counter[str] = Counter()
    for tenant, tokens in steps:
        own, free = waiting[tenant], LIMIT - waiting.total()
        if tokens < 0:
            scored = min(own, -tokens)
            admission.release(tenant, scored)
            waiting[tenant] -= scored
            continue
        fits = tokens <= free and (own == 0 or own + tokens <= free - tokens)
        if fits:
            admission.admit(tenant, [tokens])
            waiting[tenant] += tokens
        else:
            with pytest.raises(Overloaded) as caught:
                admission.admit(tenant, [tokens])
            assert 1 <= wait(caught) <= waiting.total()
        assert admission.waiting == waiting.total() <= LIMIT
    assert admission._by_tenant == +waiting


def test_one_that_floods_leaves_half_and_each_newcomer_half_of_the_rest():
    admission = opened()
    assert [flood(admission, each) for each in "abc"] == [500, 250, 125]


@pytest.mark.parametrize("tenants", ["a", "ab", "abc", "abcdefg"])
def test_those_that_flood_come_to_equal_shares_and_as_much_stays_free(tenants):
    admission = opened()
    got = Counter({each: flood(admission, each) for each in tenants})
    turns = cycle(tenants)
    # The first has half of the queue: until that is scored, in turn with the others.
    for _ in range(len(tenants) * LIMIT // 2):
        tenant = next(turns)
        admission.release(tenant, 1)
        got[tenant] -= 1
        for each in tenants:
            got[each] += flood(admission, each)
    share = LIMIT // (len(tenants) + 1)
    assert [*got.values(), LIMIT - admission.waiting] == pytest.approx([share] * (len(tenants) + 1), abs=1)


def test_the_unnamed_fills_the_queue_until_a_named_one_asks():
    admission = opened()
    assert flood(admission, "") == LIMIT
    with pytest.raises(Overloaded):
        admission.admit("a", [10])
    # From now on it is a tenant like any other.
    admission.release("", 510)
    assert flood(admission, "") == 10
    assert flood(admission, "a") == 250


def test_a_request_above_its_share_is_let_in_when_its_tenant_has_nothing_waiting():
    admission = opened()
    admission.admit("a", [900])
    with pytest.raises(Overloaded, match=r"^900 of your tokens are waiting, your share of the queue is 500$"):
        admission.admit("a", [1])
    admission.admit("b", [100])
    with pytest.raises(Overloaded, match=r"^1000 tokens are waiting, the limit is 1000$"):
        admission.admit("c", [1])
    with pytest.raises(TooLarge):
        admission.admit("d", [LIMIT + 1])


@pytest.mark.parametrize("tenants", ["a", "ab", "abcd"])
@pytest.mark.parametrize("tokens", [1, 20, 100])
def test_retry_after_is_when_it_would_be_let_in_if_all_are_scored_in_turn(tenants, tokens):
    admission = opened()
    for each in tenants * LIMIT:  # to equal shares
        with contextlib.suppress(Overloaded):
            admission.admit(each, [1])
    with pytest.raises(Overloaded) as caught:
        admission.admit("a", [tokens])
    turns, scored, refused = cycle(tenants), 0, True
    while refused:
        admission.release(next(turns), 1)
        scored += 1
        with contextlib.suppress(Overloaded):
            admission.admit("a", [tokens])
            refused = False
    assert scored == pytest.approx(wait(caught), abs=len(tenants))


def test_retry_after_follows_the_rate():
    waits = []
    for rate in (0.5, 1.0, 50.0, 1e6):
        admission = opened(rate)
        flood(admission, "a")
        with pytest.raises(Overloaded) as caught:
            admission.admit("a", [100])
        waits.append(wait(caught))
    assert waits == [200, 100, 2, 1]
