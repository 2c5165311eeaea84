"""Whatever is sent, views are few, short, and found in time that grows with the text."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.normalise import normalise
from models.views import DISGUISES, Reader
from models.views.passage import Change, passage
from models.views.read import DEPTH, LEAST, MOST, TIMES
from models.views.words import Words
from tests.bundles import WORDS

VOCABULARY = {word: i for i, word in enumerate(WORDS.split())}
READER = Reader(VOCABULARY)
PIECES = st.sampled_from(
    [*WORDS.split()[:60], "h3ll0", "b00k", "%41%42%43", "\\u0041", "🇦", "b.o.o.k", "# ", "// ", "аbоut"]
)
PLAIN = "the mountain and the river under the yellow summer sky"


@settings(max_examples=200, deadline=None)
@given(st.text() | st.lists(PIECES | st.text(max_size=5), max_size=60).map(" ".join))
def test_views_of_any_text_are_few_short_and_named(text):
    found = READER.views(normalise(text))
    assert len(found) <= MOST
    assert sum(len(view.text) for view in found) <= max(TIMES * len(normalise(text)), LEAST)
    assert {view.name for view in found} <= DISGUISES.keys()
    assert all(view.text and view.text != normalise(text) for view in found)


def nested(times: int) -> str:
    data = PLAIN.encode()
    for _ in range(times):
        data = base64.b64encode(data)
    return data.decode()


@pytest.mark.parametrize("times", [1, 2, DEPTH])
def test_a_nest_is_opened_to_its_depth(times):
    assert PLAIN in [view.text for view in READER.views(nested(times))]


@pytest.mark.parametrize("times", [DEPTH + 1, 20])
def test_a_deeper_nest_ends_there(times):
    found = READER.views(nested(times))
    assert len(found) == DEPTH
    assert PLAIN not in [view.text for view in found]


def test_words_in_other_disguises_do_not_hide_a_code():
    decoys = "аbout b00k w.o.r.l.d "
    found = [view for view in READER.views(decoys + nested(1)) if PLAIN in view.text]
    assert found[0].name == "base64"


def test_a_reading_that_does_not_fit_hides_none_that_does():
    text = f"{'аbout b00k w.o.r.l.d ' * 400}{'me ' * 200}{nested(1)}"
    assert [view.name for view in READER.views(text)][:3] == ["lookalikes", "leet", "base64"]


MONOTONOUS = ("a", "a ", "4", "%41", "\\x41", "# ", "b0 ", "A1", "🇦", "ab. ", "gur ", "lkjhg ", "а", "a.b.", "'")


@pytest.mark.parametrize("piece", MONOTONOUS)
def test_a_long_monotonous_text_ends(piece):
    assert len(READER.views(normalise(piece * (200_000 // len(piece))))) <= MOST


# What a search would look for from every place of a long word, if a match might begin in its midst.
LURES = {
    "one escape before": "%41" + "a" * 500_000,
    "two escapes before": "%41" * 2 + "a" * 500_000,
    "one escape behind": "a" * 500_000 + "%41",
    "a foreign letter behind": "a" * 500_000 + "中",
    "a look-alike apart": "a" * 500_000 + " а",
    "a code that breaks off": "A" * 500_000 + "é",
    "pairs that break off": "00" * 250_000 + "g",
    "letters apart that break off": "a." * 250_000 + "aa",
}


@pytest.mark.parametrize("text", LURES.values(), ids=LURES)
def test_a_long_word_with_something_odd_beside_it_ends(text):
    assert READER.views(text) == ()


def test_a_passage_holds_the_change_and_whole_words_around_it():
    text = "start " + "before " * 50 + "XX" + " after" * 50 + " end"
    at = text.index("XX")
    found = passage(text, [Change(at, at + 2, "hidden")])
    assert "before hidden after" in found
    assert set(found.split()) == {"before", "hidden", "after"}
    assert len(found) < 340


def test_changes_near_each_other_share_a_passage_and_far_ones_do_not():
    text = "XX one two XX " + "far " * 200 + "XX"
    spots = [i for i in range(len(text)) if text.startswith("XX", i)]
    found = passage(text, [Change(i, i + 2, str(n)) for n, i in enumerate(spots)])
    assert found.startswith("0 one two 1 far")
    assert found.endswith("far 2")
    assert found.count("far") < 100


def test_letters_without_spaces_are_cut_into_likely_words():
    assert Words(VOCABULARY).split("theyellowmountain") == "the yellow mountain"
    assert Words(VOCABULARY).split("qqqq") == "qqqq"
