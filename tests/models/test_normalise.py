"""Concrete readings, and every code point there is."""

import time
import unicodedata

import pytest

from models.normalise import GROWTH, Aligned, normalise

READINGS = {
    "nothing": ("", ""),
    "plain": ("plain text", "plain text"),
    "white space": (" \t a \r\n\n b\x0b\x1fc  ", "a b c"),
    "only white space": (" \n\u3000\u2003 ", ""),
    "control characters": ("we\x00ap\x7fo\x1bn", "weapon"),
    "control characters beside other scripts": ("wé\x00ap\x7fo\x9bn", "wéapon"),
    "next line is white space": ("a\x85b", "a b"),
    "byte order mark": ("\ufeffweapon", "weapon"),
    "no-break space": ("a\xa0weapon", "a weapon"),
    "ideographic space": ("a\u3000weapon", "a weapon"),
    "full-width letters": ("ｗｅａｐｏｎ", "weapon"),
    "mathematical letters": ("𝐰𝓮𝖺𝚙𝕠𝗇", "weapon"),
    "circled letters": ("ⓦⓔⓐⓟⓞⓝ", "weapon"),
    "ligatures": ("oﬃce ﬁle", "office file"),
    "zero-width space in a word": ("we\u200bap\u200bon", "weapon"),
    "zero-width joiners": ("we\u200dap\u200con", "weapon"),
    "word joiner and soft hyphen": ("we\u2060ap\xadon", "weapon"),
    "bidi controls": ("\u202ewea\u2066pon\u2069\u202c", "weapon"),
    "tags": ("ok" + "".join(chr(0xE0000 + ord(c)) for c in "inject") + "\U000e0001", "ok"),
    "variation selectors": ("we\ufe0fap\U000e0101on\u180b", "weapon"),
    "combining grapheme joiner": ("we\u034fapon", "weapon"),
    "Hangul fillers": ("we\u3164ap\uffa0o\u115f\u1160n", "weapon"),
    "invisible Khmer vowels": ("we\u17b4ap\u17b5on", "weapon"),
    "unassigned characters that show nothing": ("we\u2065ap\ufff0on\U000e0fff", "weapon"),
    "combining mark": ("cafe\u0301", "café"),
    "combining mark behind a joiner": ("cafe\u200d\u0301", "café"),
    "marks in any order": ("a\u0301\u0323", "ạ\u0301"),
    "mark after a space": ("a \u0301", "a \u0301"),
    "spacing diaeresis": ("a¨", "a \u0308"),
    "Hangul jamo": ("\u1112\u1161\u11ab", "한"),
    "Hangul jamo and a syllable": ("\u1100\u1161 가\u11a8", "가 각"),
    "Hangul jamo behind a joiner": ("\u1112\u200d\u1161", "하"),
    "compatibility jamo are initials": ("\u314e\u314f\u3134", "\ud558\u1102"),
    "the longest": ("\ufdfa", "صلى الله عليه وسلم"),
    "half-width katakana": ("ｶﾞ", "ガ"),
    "superscripts and fractions": ("x² ½", "x2 1⁄2"),
    "lone surrogates": ("a\ud800b\udfff", "a\ufffdb\ufffd"),
    "a surrogate keeps a mark": ("\ud800\u0301", "\ufffd\u0301"),
    "case is the tokenizer's": ("WeaPON", "WeaPON"),
    "homoglyphs are letters": ("wеароn", "wеароn"),
    "emoji": ("👩\u200d💻 ❤\ufe0f", "👩💻 ❤"),
}
# All that is dropped besides the categories Cc and Cf and what is not assigned.
DROPPED_MARKS_AND_LETTERS = {
    *map(ord, "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"),
    *range(0xFE00, 0xFE10),
    *range(0xE0100, 0xE01F0),
}
EVERY = range(0x110000)
STEP = 4096


@pytest.mark.parametrize("name", READINGS)
def test_reading(name):
    text, reading = READINGS[name]
    assert normalise(text) == reading
    assert Aligned(text).text == reading


def test_every_code_point_reads_as_its_reading_reads():
    for first in range(0, len(EVERY), STEP):
        # Apart, so that no two of them compose.
        text = ".".join(map(chr, range(first, first + STEP)))
        reading = normalise(text)
        assert normalise(reading) == reading


def test_every_assigned_code_point_aligns():
    letters = [c for c in EVERY if unicodedata.category(chr(c)) not in ("Cn", "Co", "Lo") or not c % 64]
    for first in range(0, len(letters), STEP):
        # After a letter, which a mark joins, and after a vowel of Hangul, which a final consonant joins.
        text = "".join(f"{chr(c)}e{chr(c)}가{chr(c)}" for c in letters[first : first + STEP])
        assert Aligned(text).text == normalise(text)


def test_no_code_point_grows_more_than_growth():
    longest = max(range(len(EVERY)), key=lambda c: len(normalise(chr(c))) if unicodedata.decomposition(chr(c)) else 1)
    assert chr(longest) == "\ufdfa"
    assert len(normalise(chr(longest))) == GROWTH


def test_what_is_dropped_is_what_shows_nothing():
    dropped = set()
    for first in range(0, len(EVERY), STEP):
        found = normalise("\ue000".join(f"a{chr(c)}b" for c in range(first, first + STEP))).split("\ue000")
        found = found if first != 0xE000 else ["a\ue000b", *found[2:]]  # the separator is itself among them
        dropped |= {first + i for i, each in enumerate(found) if each == "ab"}
    kinds = {c: unicodedata.category(chr(c)) for c in EVERY}
    spaces = {c for c, kind in kinds.items() if kind == "Cc" and chr(c).isspace()}
    assert {c for c, kind in kinds.items() if kind in ("Cc", "Cf")} - spaces <= dropped
    assert {c for c in dropped if kinds[c] not in ("Cc", "Cf", "Cn")} == DROPPED_MARKS_AND_LETTERS


def test_a_long_run_of_marks_reads_as_nfkc_reads_it():
    marks = [c for c in map(chr, EVERY) if all(map(unicodedata.combining, unicodedata.normalize("NFKD", c)))]
    assert {"\u0301", "\u0344", "\u0f73", "\uff9e"} <= set(marks)
    for mark in marks:
        text = "a" + f"{mark}\u0316\u0301" * 16
        assert normalise(text) == unicodedata.normalize("NFKC", text)


@pytest.mark.parametrize("pair", ["\u0301\u0316", "\u0301\uff9e", "\u0f73\u0f72", "\u0301\u200d\u0316\u200d"])
@pytest.mark.parametrize("read", [normalise, Aligned])
def test_a_flood_of_marks_takes_no_quadratic_time(read, pair):
    text = "a" + pair * 60_000
    normalise("é\u0301")
    began = time.process_time()
    read(text)
    assert time.process_time() - began < 2  # 0.2 s here; ordered by insertion, 12 s and more
