"""What was asked in the last seconds: found until its time is over, and never more of it than there may be."""

from service.cache.often import Often
from tests.service.unit.held import Clock


def test_a_value_is_found_until_its_time_is_over():
    clock = Clock()
    often: Often[str] = Often(10, 5.0, clock)
    often.put(b"a", "first")
    clock.now += 4.9
    assert (often.get(b"a"), often.get(b"b")) == ("first", None)
    clock.now += 0.1
    assert often.get(b"a") is None


def test_the_oldest_makes_room_and_what_is_put_again_is_the_youngest():
    clock = Clock()
    often: Often[int] = Often(2, 5.0, clock)
    for value, key in enumerate((b"a", b"b", b"a", b"c")):
        often.put(key, value)
        clock.now += 0.1
    assert [often.get(key) for key in (b"a", b"b", b"c")] == [2, None, 3]


def test_a_value_put_again_lives_on_from_then():
    clock = Clock()
    often: Often[int] = Often(2, 5.0, clock)
    often.put(b"a", 1)
    clock.now += 4
    often.put(b"a", 2)
    clock.now += 4
    assert often.get(b"a") == 2


def test_what_is_over_is_let_go_of_when_something_comes():
    clock = Clock()
    often: Often[object] = Often(10, 5.0, clock)
    for key in (b"a", b"b"):
        often.put(key, object())
    clock.now += 5
    often.put(b"c", object())
    assert list(often._kept) == [b"c"]
