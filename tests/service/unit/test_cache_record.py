"""Keys that tell nothing and are never alike by accident; values that are numbers to the bit."""

import logging
from itertools import combinations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.encode import Encoded, Item, Window
from models.language import CODES
from models.pool import Pooled
from models.views import DISGUISES
from service.cache.opened import make_keys
from service.cache.record import Coverage, Keys, Record
from service.configuration.settings import CacheKind, Settings
from taxonomy.categories import Role

ITEM = Item(Role.RESPONSE, "a hateword", "a question")


@pytest.mark.parametrize(
    ("keys", "item"),
    [
        (Keys(b"other", "digest"), ITEM),
        (Keys(b"secret", "other"), ITEM),
        (Keys(b"secret", "digest"), Item(Role.PROMPT, "a hateword", "a question")),
        (Keys(b"secret", "digest"), Item(Role.RESPONSE, "a hateword!", "a question")),
        (Keys(b"secret", "digest"), Item(Role.RESPONSE, "a hateword", "a question!")),
        (Keys(b"secret", "digest"), Item(Role.RESPONSE, "a hateword")),
    ],
    ids=["secret", "digest", "role", "text", "context", "no context"],
)
def test_a_key_changes_with(keys, item):
    assert Keys(b"secret", "digest").key(ITEM) != keys.key(item)


def test_the_same_text_has_the_same_key_on_every_replica():
    assert Keys(b"secret", "digest").key(ITEM) == Keys(b"secret", "digest").key(ITEM)


def test_the_hash_of_a_text_is_the_same_in_every_bundle_and_its_key_is_not():
    one, other = Keys(b"secret", "digest"), Keys(b"secret", "other")
    assert one.text_hash(ITEM) == other.text_hash(ITEM)
    assert one.key(ITEM) == one.key_of(one.text_hash(ITEM)) != other.key(ITEM)
    assert len({one.text_hash(ITEM), Keys(b"other", "digest").text_hash(ITEM), one.key(ITEM), other.key(ITEM)}) == 4


def test_a_key_is_thirty_two_bytes_and_no_text():
    key = Keys(b"secret", "digest").key(ITEM)
    assert len(key) == 32
    assert b"hateword" not in key


def test_text_and_context_do_not_run_together():
    keys = Keys(b"secret", "digest")
    splits = [Item(Role.RESPONSE, "abcd"[:i], "abcd"[i:] or None) for i in range(5)]
    found = [
        keys.key(item) for item in [*splits, Item(Role.RESPONSE, "a\x00", "bcd"), Item(Role.RESPONSE, "a", "\x00bcd")]
    ]
    assert all(one != other for one, other in combinations(found, 2))


def test_without_a_secret_a_replica_in_memory_keeps_to_itself(caplog):
    settings = Settings(cache=CacheKind.MEMORY)
    assert make_keys(settings, "digest").key(ITEM) != make_keys(settings, "digest").key(ITEM)
    assert caplog.messages == []


def test_without_a_secret_replicas_share_redis_and_the_log_warns(caplog):
    settings = Settings(redis_url="redis://localhost")
    with caplog.at_level(logging.WARNING, "tidegate.cache"):
        assert make_keys(settings, "digest").key(ITEM) == make_keys(settings, "digest").key(ITEM)
    assert caplog.messages[0] == ("TIDEGATE_CACHE_SECRET is not set: whoever can read Redis can test guesses of a text")


@pytest.mark.parametrize("kind", [CacheKind.MEMORY, CacheKind.REDIS])
def test_with_a_secret_keys_are_made_with_it(kind, caplog):
    settings = Settings(cache=kind, redis_url="redis://localhost", cache_secret="gehéim")
    assert make_keys(settings, "digest").key(ITEM) == Keys("gehéim".encode(), "digest").key(ITEM)
    assert caplog.messages == []


counts = st.integers(0, 2**32 - 1)
floats = st.floats(width=16, allow_nan=False)
views = st.sampled_from(["", *DISGUISES])


def pooled(*logits, view=""):
    return Pooled(np.array(logits, dtype=np.float32), (view,) * len(logits))


@given(
    st.lists(st.tuples(floats, views), min_size=1, max_size=30),
    st.tuples(counts, counts, counts, counts, counts),
    st.sampled_from(["", *sorted(CODES)]),
)
def test_a_record_comes_back_to_the_bit(outputs, numbers, language):
    logits, seen = zip(*outputs, strict=True)
    record = Record(Pooled(np.array(logits, dtype=np.float32), seen), Coverage(*numbers, language))
    again = Record.unpack(record.pack(), len(logits))
    assert again.coverage == record.coverage
    assert again.pooled.views == seen
    assert again.pooled.logits.tobytes() == record.pooled.logits.tobytes()
    assert again.pooled.logits.dtype == np.float32


def test_the_layout_is_fixed():
    packed = Record(pooled(1.0, -2.5, view="leet"), Coverage(1, 2, 3, 4, 5, "de")).pack()
    numbers, language = "0100000002000000030000000400000005000000", "6465000000000000"
    assert packed.hex() == numbers + language + "003c" + "00c1" + "0303"
    plain = Record(pooled(1.0, -2.5), Coverage(1, 2, 3, 4, 5, "de")).pack()
    assert plain == packed[:-2]


@given(st.binary(max_size=200))
def test_bytes_of_another_length_are_no_record(data):
    found = Record.unpack(data, 3)
    assert found is None or len(data) in (34, 37)


def test_a_logit_that_is_no_number_makes_no_record():
    packed = Record(pooled(1.0, np.nan), Coverage(1, 1, 1)).pack()
    assert Record.unpack(packed, 2) is None


def test_a_view_that_is_none_makes_no_record():
    packed = Record(pooled(1.0, view="leet"), Coverage(1, 1, 1)).pack()
    assert Record.unpack(packed[:-1] + bytes([len(DISGUISES)]), 1).pooled.views == ("comments",)
    assert Record.unpack(packed[:-1] + bytes([len(DISGUISES) + 1]), 1) is None


def test_the_record_of_an_empty_text_is_one():
    packed = Record(pooled(-np.inf, -np.inf), Coverage(0, 0, 0)).pack()
    assert Record.unpack(packed, 2).pooled.logits.tolist() == [-np.inf, -np.inf]


def test_coverage_is_that_of_the_encoded_text():
    windows = (Window((1,), (0,)), Window((2,), (0,)), Window((3,), (0,), "leet"))
    encoded = Encoded(windows, tokens=10, scored=9, context_tokens=8, context_scored=7)
    assert Coverage.of(encoded) == Coverage(10, 9, 2, 8, 7)
    assert Coverage.of(msgspec.structs.replace(encoded, language="de")) == Coverage(10, 9, 2, 8, 7, "de")


def test_a_language_that_is_no_code_makes_no_record():
    packed = Record(pooled(1.0), Coverage(1, 1, 1, language="de")).pack()
    for code in (b"\xe9e", b"\x07e", b"qq"):
        assert Record.unpack(packed[:20] + code + packed[22:], 1) is None


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=30))
def test_a_record_is_made_in_the_precision_it_is_kept_in(logits):
    record = Record.of(pooled(*logits), Coverage(1, 1, 1))
    again = Record.unpack(record.pack(), len(logits))
    assert again.pooled.logits.tolist() == record.pooled.logits.tolist()
    near = [(before, after) for before, after in zip(logits, again.pooled.logits, strict=True) if abs(before) <= 4]
    assert all(abs(before - after) <= 0.001 for before, after in near)
