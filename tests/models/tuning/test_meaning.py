"""What a record says of a text, and what it leaves open."""

from typing import Any

import pytest

from models.outputs import OUTPUTS
from models.tuning.labels import BIT, slugs
from models.tuning.meaning import said
from models.tuning.vendor import Words
from taxonomy.files import native, shipped_crosswalks

ALL = set(OUTPUTS)
ATTACKS = {"jailbreak", "prompt_injection", "attack"}
HAZARDS = set(native().hazards)


def bits(of: int) -> set[str]:
    return {slug for slug, bit in BIT.items() if of & bit}


@pytest.mark.parametrize(
    ("record", "positive", "negative"),
    [
        ({}, set(), set()),
        ({"hate": ""}, set(), set()),
        ({"hate": None, "labels": None, "label": None}, set(), set()),
        ({"hate": 1}, {"hate", "unsafe"}, set()),
        ({"hate": "YES "}, {"hate", "unsafe"}, set()),
        ({"hate": 0.0}, set(), {"hate"}),
        ({"jailbreak": "true"}, {"jailbreak", "attack"}, set()),
        ({"unsafe": 0}, set(), ALL),
        ({"unsafe": 1}, {"unsafe"}, set()),
        ({"label": "Safe"}, set(), ALL),
        ({"label": "unsafe"}, {"unsafe"}, set()),
        ({"verdict": "harmless"}, set(), ALL),
        ({"safe": "no"}, {"unsafe"}, set()),
        ({"safe": True}, set(), ALL),
        # With a column for attacks, a safe text may be one: an empty cell leaves it open.
        ({"unsafe": 0, "jailbreak": ""}, set(), ALL - ATTACKS),
        ({"unsafe": 0, "jailbreak": 1}, {"jailbreak", "attack"}, ALL - ATTACKS),
        ({"other": 1}, {"unsafe"}, set()),
        ({"other": 0}, set(), set()),
        ({"labels": []}, set(), ALL),
        ({"labels": ["none"]}, set(), ALL),
        ({"labels": ["safe"]}, set(), ALL),
        ({"labels": "safe"}, set(), ALL),
        ({"labels": ["hate"]}, {"hate", "unsafe"}, ALL - {"hate", "unsafe"}),
        ({"labels": ["jailbreak"]}, {"jailbreak", "attack"}, ALL - {"jailbreak", "attack"}),
        ({"labels": ["other"]}, {"unsafe"}, ALL - {"unsafe"}),
        ({"labels": ["needs_caution"]}, set(), ATTACKS),
        ({"labels": ["needs_caution", "hate"]}, {"hate", "unsafe"}, ALL - {"hate", "unsafe"}),
        ({"labels": {"hate": True, "threat": False}}, {"hate", "unsafe"}, {"threat"}),
        ({"labels": ""}, set(), set()),
        ({"labels": "none"}, set(), ALL),
        ({"labels": "[]"}, set(), ALL),
        ({"labels": "hate; threat"}, {"hate", "threat", "unsafe"}, ALL - {"hate", "threat", "unsafe"}),
        ({"labels": "['hate', 'threat']"}, {"hate", "threat", "unsafe"}, ALL - {"hate", "threat", "unsafe"}),
        (dict.fromkeys(HAZARDS, 0), set(), HAZARDS | {"unsafe"}),
        (dict.fromkeys(HAZARDS, 0) | {"other": 1}, {"unsafe"}, HAZARDS),
        ({"jailbreak": 0, "prompt_injection": 0}, set(), ATTACKS),
    ],
)
def test_what_is_said(record: dict[str, Any], positive: set[str], negative: set[str]) -> None:
    found = said(record, slugs, scored=False)
    assert (bits(found.positive), bits(found.negative)) == (positive, negative)


def test_scores_are_no_labels() -> None:
    found = said({"unsafe": 0.93, "attack": 0.1, "verdict": "block", "hate": 1}, slugs, scored=True)
    assert (bits(found.positive), bits(found.negative)) == ({"hate", "unsafe"}, set())


@pytest.mark.parametrize(
    ("crosswalk", "words", "positive", "some_negative", "unknown"),
    [
        ("openai", [], set(), ALL, set()),
        ("openai", ["Hate"], {"hate", "unsafe"}, {"violence", "harassment"}, {"profanity", "attack", "threat"}),
        # Many categories stand for illicit, and which of them it is nobody says.
        ("openai", ["illicit"], {"unsafe"}, {"hate", "sexual"}, {"malware", "fraud_deception"}),
        ("openai", ["hate/threatening"], {"unsafe"}, {"sexual", "hate"}, {"threat"}),
        # Nothing stands for it, and harm it is.
        ("perspective", ["SEVERE_TOXICITY"], {"unsafe"}, {"hate"}, {"violence"}),
        ("perspective", ["SPAM", "Insult"], {"harassment", "unsafe"}, {"hate"}, {"fraud_deception"}),
        ("perspective", ["FLIRTATION", "incoherent"], set(), ALL, set()),
        ("perspective", ["spam"], set(), ALL - {"unsafe", "fraud_deception"}, {"unsafe", "fraud_deception"}),
        ("perspective", ["LIKELY_TO_REJECT"], set(), ALL - {"unsafe"}, {"unsafe"}),
        ("mlcommons", ["s4"], {"sexual_minor", "unsafe"}, {"hate", "violence"}, {"guns_illegal_weapons"}),
    ],
)
def test_words_of_others(
    crosswalk: str, words: list[str], positive: set[str], some_negative: set[str], unknown: set[str]
) -> None:
    found = Words(shipped_crosswalks()[crosswalk])(words)
    assert bits(found.positive) == positive
    assert some_negative <= bits(found.negative)
    assert not unknown & (bits(found.positive) | bits(found.negative))


@pytest.mark.parametrize("name", sorted(shipped_crosswalks()))
def test_no_word_contradicts_itself(name: str) -> None:
    crosswalk = shipped_crosswalks()[name]
    read = Words(crosswalk)
    for label in crosswalk.labels:
        found = read([label])
        assert bool(found.positive) == (label not in crosswalk.not_harm)
        assert not found.positive & found.negative


def test_what_is_left_out_is_told_once() -> None:
    read = Words(shipped_crosswalks()["perspective"])
    read(["INSULT"])
    assert read.notes == ()
    for words in (["spam", "INSULT"], ["FLIRTATION", "SPAM"]):
        read(words)
    assert read.notes == ("labels without a counterpart here were left out: SPAM, FLIRTATION",)
