"""What holds for every string Python can hold, lone surrogates included."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.normalise import GROWTH, Aligned, normalise

# Neighbours that join, vanish, grow or swap: chance alone would hardly ever put two of them side by side.
NASTY = (
    "ae \t\n\x00\x85\xa0\xad\xa8¨\u0301\u0316\u0323\u0344\u0345\u0f73\u0f77\u0f81\u09be\u09c7\u1100\u1112\u1161"
    "\u11a8\u11ab\u3131\u314f\u3164\uffa0\u115f가각\u200b\u200d\u200f\u202e\u2003\u3000\u3099\ufb01\ufb2e\ufdfa\ufe0f\ufeff\uff41\uff76"
    "\uff9e\uffc2\ufffd\ud800\udfff\U000e0041\U0001d165\U0001d15e\U000110ba\U00011099😀ẛ\u1e9b\u0dca\u0ddc"
)
TEXTS = st.text(st.characters(exclude_categories=())) | st.text(st.sampled_from(NASTY), max_size=40)
quick = settings(max_examples=400, deadline=None)


@quick
@given(TEXTS)
def test_a_reading_reads_as_itself(text):
    reading = normalise(text)
    assert normalise(reading) == reading
    assert reading == reading.strip()
    assert "  " not in reading


@quick
@given(TEXTS)
def test_a_reading_is_bounded(text):
    assert len(normalise(text)) <= GROWTH * len(text)


@quick
@given(TEXTS)
def test_a_reading_is_valid_unicode(text):
    assert normalise(text).encode().decode() == normalise(text)


@quick
@given(TEXTS)
def test_the_aligned_text_is_the_reading(text):
    assert Aligned(text).text == normalise(text)


@quick
@given(TEXTS, st.data())
def test_a_span_leads_back_to_characters_that_read_as_it(text, data):
    aligned = Aligned(text)
    if not aligned.text:
        return
    begin = data.draw(st.integers(0, len(aligned.text) - 1))
    end = data.draw(st.integers(begin + 1, len(aligned.text)))
    first, last = aligned.span(begin, end)
    assert 0 <= first < last <= len(text)
    assert aligned.text[begin:end].strip() in normalise(text[first:last])


@quick
@given(TEXTS)
def test_the_spans_of_characters_keep_their_order_and_cover_the_reading(text):
    aligned = Aligned(text)
    spans = [aligned.span(i, i + 1) for i in range(len(aligned.text))]
    assert spans == sorted(spans)
    assert [last for _, last in spans] == sorted(last for _, last in spans)
    if spans:
        assert normalise(text[spans[0][0] : spans[-1][1]]) == aligned.text


@quick
@given(st.lists(st.sampled_from(["w", "X", "7", "-", "\u200b", "\u200d", "\ufeff", "\U000e0041", "\x00"]), max_size=30))
def test_a_span_is_exact_where_characters_stay_apart(chars):
    aligned = Aligned("".join(chars))
    kept = [i for i, char in enumerate(chars) if char in "wX7-"]
    assert [aligned.span(i, i + 1) for i in range(len(kept))] == [(i, i + 1) for i in kept]
    if kept:
        assert aligned.span(0, len(kept)) == (kept[0], kept[-1] + 1)


def test_spans_of_an_example():
    aligned = Aligned("  a we\u200bap\u0301on \n\t \ufdfa")
    text = "a weaṕon صلى الله عليه وسلم"
    assert aligned.text == text
    begin = text.index("weaṕon")
    assert aligned.span(begin, begin + 6) == (4, 12)
    assert aligned.span(begin + 3, begin + 4) == (8, 10)  # ṕ was two characters
    assert aligned.span(begin + 6, begin + 7) == (12, 16)  # one space was four
    assert aligned.span(len(text) - 1, len(text)) == (16, 17)  # part of a ligature is all of it
    assert aligned.span(0, len(text)) == (2, 17)


@pytest.mark.parametrize("span", [(0, 0), (2, 1), (-1, 1), (0, 4), (3, 4)])
def test_a_span_outside_the_text_is_refused(span):
    with pytest.raises(ValueError, match=rf"^span {span[0]}\.\.{span[1]} is outside 0\.\.3$"):
        Aligned("abc").span(*span)
