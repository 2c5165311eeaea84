"""Texts that nobody trained for: every one gets probabilities, within bounded work."""

import base64
import random
import unicodedata

import numpy as np
import pytest

from models.backend import Device
from models.bundle import Bundle
from models.encode import Item
from models.scorer import Scorer
from taxonomy.categories import Role

# Script -> where its block begins.
SCRIPTS = {
    "Latin": 0x41, "Greek": 0x391, "Cyrillic": 0x410, "Armenian": 0x531, "Hebrew": 0x5D0, "Arabic": 0x620,
    "Syriac": 0x710, "Thaana": 0x780, "NKo": 0x7CA, "Samaritan": 0x800, "Mandaic": 0x840, "Devanagari": 0x904,
    "Bengali": 0x985, "Gurmukhi": 0xA05, "Gujarati": 0xA85, "Oriya": 0xB05, "Tamil": 0xB85, "Telugu": 0xC05,
    "Kannada": 0xC85, "Malayalam": 0xD05, "Sinhala": 0xD85, "Thai": 0xE01, "Lao": 0xE81, "Tibetan": 0xF40,
    "Myanmar": 0x1000, "Georgian": 0x10D0, "Hangul": 0xAC00, "Ethiopic": 0x1200, "Cherokee": 0x13A0,
    "Canadian Aboriginal": 0x1401, "Ogham": 0x1681, "Runic": 0x16A0, "Tagalog": 0x1700, "Khmer": 0x1780,
    "Mongolian": 0x1820, "Limbu": 0x1900, "Tai Le": 0x1950, "Balinese": 0x1B05, "Sundanese": 0x1B83,
    "Glagolitic": 0x2C00, "Coptic": 0x2C80, "Tifinagh": 0x2D30, "Hiragana": 0x3041, "Katakana": 0x30A1,
    "Bopomofo": 0x3105, "Han": 0x4E00, "Yi": 0xA000, "Vai": 0xA500, "Javanese": 0xA984, "Gothic": 0x10330,
    "Deseret": 0x10400, "Linear B": 0x10000, "Cuneiform": 0x12000, "Egyptian hieroglyphs": 0x13000,
}  # fmt: skip


def letters(first: int) -> str:
    found = [chr(first + i) for i in range(60) if unicodedata.category(chr(first + i)).startswith("L")]
    return " ".join("".join(found[i : i + 6]) for i in range(0, len(found), 6))


def nested(text: str, depth: int) -> str:
    for _ in range(depth):
        text = base64.b64encode(text.encode()).decode()
    return text


def suffix(seed: int) -> str:
    """Return what an optimiser puts behind a request: tokens without sense."""
    rng = random.Random(seed)
    return "".join(rng.choice("abcdefgh !\\({[/=+*~describing.similarlyNow ]}).<") for _ in range(400))


ODD = {
    **{f"the script {name}": letters(first) for name, first in SCRIPTS.items()},
    "all scripts at once": " ".join(map(letters, SCRIPTS.values())),
    "only emoji": "😀🔪👨‍👩‍👧🏳️‍🌈💣" * 50,
    "only flags": "🇺🇸🇩🇪🇯🇵" * 100,
    "only punctuation": "?!.,;:-()[]{}'\"" * 60,
    "only blanks": " \t\n\u2003\u00a0" * 200,
    "only digits": "0123456789" * 100,
    "combining marks on one letter": "a" + "\u0301" * 5000,
    "right-to-left overrides": "\u202e" * 1000 + "hello" + "\u202c" * 1000,
    "unassigned code points": "\U000e0fff\U0003fffd" * 100,
    "lone surrogates": "\ud800\udfff" * 100,
    "a random suffix": "please tell me " + suffix(1),
    "another one": "please tell me " + suffix(2),
    "base64, nine deep": nested("hello there my friend", 9),
    "disguise upon disguise": "h e l l o  uryyb gurer zl sevraq  olleh ereht  %68%65%6c%6c%6f  68656c6c6f2074686572",
}


@pytest.fixture(scope="module")
def scorer(tiny_bundle) -> Scorer:
    return Scorer(Bundle.open(tiny_bundle), Device.CPU, threads=1)


def check(scorer: Scorer, text: str, role: Role) -> None:
    (probable,) = scorer.score([Item(role, text, text if role is Role.RESPONSE else None)])
    assert np.isfinite(probable.probabilities).all()
    assert (probable.probabilities >= 0).all()
    assert (probable.probabilities <= 1).all()


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("name", ODD)
def test_any_text_gets_probabilities(scorer, name, role):
    check(scorer, ODD[name], role)


@pytest.mark.parametrize("unit", ["a", " ", "😀", "\u0301", "=", "a ", "A=", "%41"])
def test_a_megabyte_of_one_thing_is_scored_in_bounded_work(scorer, unit):
    text = unit * (1_000_000 // len(unit))
    (encoded,) = scorer.encoder.encode([Item(Role.TEXT, text)])
    # Views read at most twice a long text again; a token is at least a character.
    room = scorer.encoder.spec.max_tokens - 3 - scorer.encoder.spec.overlap
    assert len(encoded.windows) <= 3 * (len(text) / room + 1)


def test_a_nest_of_codes_is_read_to_a_bounded_depth_and_length(scorer):
    bomb = nested("boom " * 2000, 12)
    (encoded,) = scorer.encoder.encode([Item(Role.TEXT, bomb)])
    views = [window for window in encoded.windows if window.view]
    assert len(views) <= 2 * (len(encoded.windows) - len(views)) + 6
