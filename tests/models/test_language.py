"""Which language a text is taken for, and when nothing is said."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.encode import Encoder, EncodingSpec, Item
from models.language import CODES, LONGEST_CODE, MOST_CHARS, identify, learned
from models.views import Reader
from taxonomy.categories import Role
from tests.bundles import tiny_tokenizer

ENGLISH = "The train to Hamburg leaves twenty minutes later today, so there is time for a coffee."
LANGUAGES = Path(__file__).parents[2] / "models" / "data" / "languages.jsonl"
GERMAN = "Der Zug nach Hamburg fährt heute zwanzig Minuten später ab."


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (ENGLISH, "en"),
        (GERMAN, "de"),
        ("Je voudrais savoir à quelle heure ouvre la piscine demain matin.", "fr"),
        ("¿A qué hora abre la piscina municipal mañana por la mañana?", "es"),
        ("Во сколько завтра утром открывается бассейн?", "ru"),
        ("明天早上游泳池几点开门？", "zh"),
        ("明日の朝、プールは何時に開きますか。", "ja"),
        ("수영장은 내일 아침 몇 시에 엽니까?", "ko"),
        ("האם אפשר לקנות כרטיס לרכבת בתחנה המרכזית?", "he"),
        ("متى يفتح المسبح غدا في الصباح؟", "ar"),
        ("कल सुबह स्विमिंग पूल कितने बजे खुलता है?", "hi"),
    ],
)
def test_a_sentence_is_enough(text, code):
    assert identify(text) == code


@pytest.mark.parametrize(
    "text",
    ["", " ", "hi", "ok danke", "...!?", "😀😀😀😀😀😀😀😀😀😀", "12345 67890 12345 67890 12345", "a" * 1000,
     "\x00\x01\x02", "\ud800\udfff", "shitassfuckface",
     "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
)  # fmt: skip
def test_too_little_to_tell_by_is_no_language(text):
    assert identify(text) == ""


@pytest.mark.parametrize("unit", ["\x00", "\ud800", "\ufffe", "\ufdd0", "\U0010ffff", "<", "<script>", "<!-- "])
def test_no_character_hides_a_language(unit):
    assert identify(unit + GERMAN) == "de"
    assert identify(GERMAN.replace(" ", unit + " ", 1)) == "de"


def test_a_text_that_is_half_one_language_and_half_another_is_in_neither():
    assert identify(f"{ENGLISH} {GERMAN} {GERMAN}") == ""
    assert identify(f"{ENGLISH} 'Guten Tag' is what one says there. {ENGLISH}") == "en"


def test_a_long_text_is_told_by_its_beginning():
    assert identify(ENGLISH * (MOST_CHARS // len(ENGLISH) + 1) + GERMAN * 1000) == "en"


@given(
    st.text(alphabet=st.characters(), max_size=30),
    st.sampled_from(["", *LANGUAGES.read_text("utf-8").splitlines()]),
    st.text(alphabet=st.characters(), max_size=30),
)
def test_any_text_has_a_known_code_or_none(before, line, after):
    sentence = json.loads(line)["text"] if line else ""
    assert identify(before + sentence + after) in CODES | {""}


def test_every_code_fits_into_a_record():
    assert {"en", "de", "he", "jv", "zh-Hant"} <= CODES
    assert max(map(len, CODES)) <= LONGEST_CODE


def test_the_texts_in_other_languages_are_told_from_english():
    """Those that the shipped bundle is measured on."""
    told = [identify(json.loads(line)["text"]) for line in LANGUAGES.read_text("utf-8").splitlines()]
    assert "en" not in told
    assert sum(map(bool, told)) >= 0.95 * len(told)


def test_what_cannot_be_told_is_judged():
    assert learned("", ["en"])
    assert learned("de", [])
    assert learned("de", ["en", "de"])
    assert not learned("de", ["en"])


def test_only_a_text_that_is_judged_is_asked_for_its_language_and_no_disguised_one():
    tokenizer = tiny_tokenizer(())
    plain = Encoder(tokenizer, EncodingSpec())
    reading = Encoder(tokenizer, EncodingSpec(), Reader({"where": 1, "is": 2, "the": 3, "nearest": 4, "station": 5}))
    items = [Item(Role.PROMPT, GERMAN), Item(Role.PROMPT, "where is the nearest station"[::-1])]
    assert [each.language for each in plain.encode(items)] == ["", ""]
    assert [each.language for each in reading.encode(items)] == ["de", ""]
    assert any(window.view == "backwards" for window in reading.encode(items)[1].windows)
