"""The text of a key, and what is kept of it."""

import re
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.access.keys import LENGTH, NO_HASH, Key, hash_of, matches, new_key, read_key

ID, SECRET = "0123456789", "s" * 43


def test_a_new_key_has_the_form_and_is_read_back() -> None:
    key = new_key()
    assert re.fullmatch(r"tg_[a-z0-9]{10}_[A-Za-z0-9]{43}", key.text)
    assert len(key.text) == LENGTH
    assert read_key(key.text) == key


def test_no_two_are_alike() -> None:
    made = [new_key() for _ in range(200)]
    assert len({key.id for key in made}) == len({key.secret for key in made}) == 200


def test_what_is_kept_is_the_hash_of_the_secret_alone() -> None:
    key = new_key()
    assert key.hash == hash_of(key.secret) == sha256(key.secret.encode()).hexdigest()
    assert matches(key.secret, key.hash)
    assert not matches(new_key().secret, key.hash)


def test_a_key_that_is_printed_by_mistake_shows_no_secret() -> None:
    key = new_key()
    assert str(key) == repr(key) == f"Key({key.id})"
    assert key.secret not in f"{[key]}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tg",
        f"tg_{ID}",
        f"tg_{ID}_",
        f"tg_{ID}_{SECRET[1:]}",
        f"tg_{ID}_{SECRET}s",
        f"TG_{ID}_{SECRET}",
        f"xx_{ID}_{SECRET}",
        f"tg-{ID}_{SECRET}",
        f"tg_{ID}-{SECRET}",
        f"tg_{ID[1:]}_{SECRET}s",
        f"tg__{ID[1:]}{SECRET}s",
        f" tg_{ID}_{SECRET[1:]}",
        f"tg_{ID}_{SECRET[1:]}é",
    ],
)
def test_what_has_not_the_form_is_no_key(text: str) -> None:
    assert read_key(text) is None


@given(st.text())
def test_any_text_is_a_key_or_none(text: str) -> None:
    key = read_key(text)
    assert key is None or key.text == text


@given(st.text(alphabet=st.characters(codec="ascii"), min_size=43, max_size=43))
def test_no_secret_has_the_hash_of_unknown_ids(secret: str) -> None:
    assert not matches(secret, NO_HASH)
    assert Key(ID, secret).hash != NO_HASH
