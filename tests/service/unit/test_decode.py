"""Bodies that are wrong, one mistake each, and the words for it: a place and never a value."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import BadRequest
from service.wire.decode import decode
from service.wire.native import ClassifyRequest
from service.wire.openai import ModerationRequest

CLASSIFY = msgspec.json.Decoder(ClassifyRequest)
MODERATIONS = msgspec.json.Decoder(ModerationRequest)
JSON = "the body is not valid JSON: "
ROLES = "must be one of prompt, response, document, text"
FIELDS = "has an unknown field; known are items, messages, policy, thresholds, judge_system, judge_together, windows"
DEEP = b"[" * 100_000

BAD = [
    (b"", "the body is empty"),
    (b" \n", "the body is empty"),
    (b"\xef\xbb\xbf{", JSON + "input data was truncated"),
    (b"{", JSON + "input data was truncated"),
    (b'{"items":[{"text":"SECRET', JSON + "input data was truncated"),
    (b"{'SECRET':1}", JSON + "object keys must be strings (byte 1)"),
    (b"{} SECRET", JSON + "trailing characters (byte 4)"),
    (b'{"items":[1,]}', "items[0]: expected object, got int"),
    (b'{"items":[{"text":"\xff SECRET"}]}', JSON + "not UTF-8"),
    (b'{"items":[{"text":"\xed\xa0\x80"}]}', JSON + "not UTF-8"),
    ('{"items":[]}'.encode("utf-16"), JSON + "invalid character (byte 0)"),
    (b'{"items":[{"text":"a\x00b"}]}', JSON + "invalid character (byte 20)"),
    (b'{"items":[{"text":"a\nb"}]}', JSON + "invalid character (byte 20)"),
    (b'{"items":[{"text":"\\x"}]}', JSON + "invalid escape character in string (byte 21)"),
    (b'{"items":[{"text":"\\u12"}]}', JSON + "invalid character in unicode escape (byte 24)"),
    (b'{"thresholds":{"hate":NaN}}', JSON + "invalid character (byte 22)"),
    (b'{"messages":[{"role":"user","content":[{"a":' + DEEP, JSON + "nested too deeply"),
    (b"[]", "expected object, got array"),
    (b"null", "expected object, got null"),
    (b'"SECRET"', "expected object, got str"),
    (b'{"SECRET":1}', FIELDS),
    (b'{"items":1}', "items: expected array | null, got int"),
    (b'{"items":["SECRET"]}', "items[0]: expected object, got str"),
    (b'{"items":[{}]}', "items[0]: object missing required field text"),
    (b'{"items":[{"text":"a"},{"text":5}]}', "items[1].text: expected str, got int"),
    (b'{"items":[{"text":null}]}', "items[0].text: expected str, got null"),
    (b'{"items":[{"text":"a","SECRET":1}]}', "items[0]: has an unknown field; known are text, id, role, context"),
    (b'{"items":[{"text":"a","id":7}]}', "items[0].id: expected str | null, got int"),
    (b'{"items":[{"text":"a","role":"SECRET"}]}', "items[0].role: " + ROLES),
    (b'{"items":[{"text":"a","role":5}]}', "items[0].role: expected str, got int"),
    (b'{"items":[{"text":"a","context":["SECRET"]}]}', "items[0].context: expected str | null, got array"),
    (b'{"policy":5}', "policy: expected str | null, got int"),
    (b'{"judge_system":"SECRET"}', "judge_system: expected bool, got str"),
    (b'{"thresholds":[]}', "thresholds: expected object, got array"),
    (b'{"thresholds":{"SECRET":2}}', "thresholds[...]: must be a number from 0 to 1"),
    (b'{"thresholds":{"SECRET":-0.1}}', "thresholds[...]: must be a number from 0 to 1"),
    (b'{"thresholds":{"SECRET":"0.5"}}', "thresholds[...]: must be a number from 0 to 1"),
    (b'{"thresholds":{"SECRET":1e999}}', "thresholds[...]: number out of range"),
    (
        b'{"messages":[{"role":"SECRET","content":"a"}]}',
        "messages[0].role: must be one of assistant, developer, system, tool, user",
    ),
    (b'{"messages":[{"content":"a"}]}', "messages[0]: object missing required field role"),
    (b'{"messages":[{"role":"user","content":5}]}', "messages[0].content: expected str | array | null, got int"),
    (b'{"messages":[{"role":"user","content":["SECRET"]}]}', "messages[0].content[0]: expected object, got str"),
    # A value that looks like a place is not taken for one.
    (b'{"x - at `$SECRET":1}', FIELDS),
    (b'{"x` - at `$.SECRET":1}', FIELDS),
    (b'{"items":[{"text":"a","role":"x - at `$.SECRET`"}]}', "items[0].role: " + ROLES),
    (b'{"items":[{"text":"a","role":"x\\n - at `$.SECRET`"}]}', "items[0].role: " + ROLES),
    (
        b'{"items":[{"text":"a","x` - at `$.SECRET":1}]}',
        "items[0]: has an unknown field; known are text, id, role, context",
    ),
]
BAD_MODERATIONS = [
    (b"{}", "object missing required field input"),
    (b'{"input":5}', "input: expected str | array, got int"),
    (b'{"input":["a",5]}', "input[1]: expected str | object, got int"),
    (b'{"input":[{"text":"SECRET"}]}', "input[0]: object missing required field type"),
    (b'{"input":"a","tidegate":{"role":"SECRET"}}', "tidegate.role: " + ROLES),
    (b'{"input":"a","tidegate":{"SECRET":1}}', "tidegate: has an unknown field; known are role, policy"),
]


@pytest.mark.parametrize(("body", "message"), BAD, ids=[str(body[:40]) for body, _ in BAD])
def test_a_bad_body_is_refused_by_place(body, message):
    refused(body, CLASSIFY, message)


@pytest.mark.parametrize(("body", "message"), BAD_MODERATIONS, ids=[str(body) for body, _ in BAD_MODERATIONS])
def test_a_bad_moderation_is_refused_by_place(body, message):
    refused(body, MODERATIONS, message)


def refused(body: bytes, decoder: msgspec.json.Decoder, message: str) -> None:
    with pytest.raises(BadRequest) as caught:
        decode(body, decoder)
    assert str(caught.value) == message
    assert "SECRET" not in message
    # What is raised from `None` shows no value in a traceback either.
    assert caught.value.__suppress_context__


def test_the_place_is_given_apart_for_those_who_want_it():
    with pytest.raises(BadRequest) as caught:
        decode(b'{"items":[{"text":5}]}', CLASSIFY)
    assert caught.value.field == "items[0].text"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"SECRET":1}', FIELDS + "; this takes JSON such as {}"),
        (b"SECRET", JSON + "invalid character (byte 0); this takes JSON such as {}"),
        (b"[]", "expected object, got array; this takes JSON such as {}"),
        (b'{"items":[{}]}', "items[0]: object missing required field text"),
    ],
)
def test_what_a_route_takes_is_said_of_the_whole_only(body, message):
    with pytest.raises(BadRequest) as caught:
        decode(body, CLASSIFY, "JSON such as {}")
    assert str(caught.value) == message


def text_in(escaped: str) -> str:
    """Return the text that is read from a JSON string, given without its quotes."""
    return decode(b'{"items":[{"text":"' + escaped.encode() + b'"}]}', CLASSIFY).items[0].text


@pytest.mark.parametrize(
    ("escaped", "text"),
    [
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\uD83D\uDE00", "\U0001f600"),
        (r"\ud800", "\ufffd"),
        (r"\udc00", "\ufffd"),
        (r"\uDFFF", "\ufffd"),
        (r"a\ud83d", "a\ufffd"),
        (r"\ud83d b", "\ufffd b"),
        (r"\ud83d\u0041", "\ufffdA"),
        (r"\ud83d\n", "\ufffd\n"),
        (r"\ud83d\"", '\ufffd"'),
        (r"\ud83d\\", "\ufffd\\"),
        (r"\ude00\ud83d", "\ufffd\ufffd"),
        (r"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        (r"\ud83d\ude00\ude00", "\U0001f600\ufffd"),
        (r"\ud83d\ud83d", "\ufffd\ufffd"),
        # Not an escape: a backslash, and the letter u.
        (r"\\ud83d", r"\ud83d"),
        (r"\\ud83d \ud83d", "\\ud83d \ufffd"),
        (r"\\\ud83d", "\\\ufffd"),
        (r"\\\\ud83d\udc00", "\\\\ud83d\ufffd"),
        (r"\ud83d\\ude00", "\ufffd\\ude00"),
        ("\U0001f600\\ud83d", "\U0001f600\ufffd"),
        (r"\u0000\ud83d", "\x00\ufffd"),
        (r"\u2028\/\ud83d", "\u2028/\ufffd"),
        # In UTF-8 these begin with the byte that surrogates begin with, or are the characters before and behind them.
        ("\ud000\ud7ff\ue000\uffff" + r"\ud800", "\ud000\ud7ff\ue000\uffff\ufffd"),
        (r"\ud000\ud7ff\udbff\ue000", "\ud000\ud7ff\ufffd\ue000"),
    ],
)
def test_half_a_surrogate_pair_is_read_as_a_replacement_character(escaped, text):
    assert text_in(escaped) == text


@given(st.text(st.characters() | st.characters(categories=["Cs"])))
def test_any_text_that_javascript_can_send_is_read(text):
    body = json.dumps({"items": [{"text": text}]}).encode()
    # Two halves that stand together are a pair to JSON.
    wanted = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert decode(body, CLASSIFY).items[0].text == wanted


@pytest.mark.parametrize(("escaped", "text"), [(b"a", "a"), (rb"\ud800", "\ufffd")])
def test_a_byte_order_mark_in_front_of_the_body_is_passed_over(escaped, text):
    (item,) = decode(b'\xef\xbb\xbf{"items":[{"text":"' + escaped + b'"}]}', CLASSIFY).items
    assert item.text == text


def test_a_lone_surrogate_elsewhere_in_the_body_is_no_trouble():
    body = b'{"items":[{"id":"\\ud800","text":"a"}],"thresholds":{"hate":0.125}}'
    found = decode(body, CLASSIFY)
    assert (found.items[0].id, found.thresholds) == ("\ufffd", {"hate": 0.125})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"items":[{"text":"\\ud800"}', JSON + "input data was truncated"),
        (b'{"items":[{"text":"\\udc00 \\x"}]}', JSON + "invalid utf-16 surrogate pair (byte 25)"),
        (b'{"items":[{"text":"\\ud800"}],"policy":5}', "policy: expected str | null, got int"),
        (b'{"items":[{"text":"\\ud800"}],"thresholds":{"hate":NaN}}', JSON + "invalid character (byte 52)"),
        (b'{"items":[{"text":"\\udc00\xff"}]}', JSON + "invalid utf-16 surrogate pair (byte 25)"),
        (
            b'{"items":[{"text":"\\udc00"}],"x":' + b"9" * 10_000 + b"}",
            JSON + "invalid utf-16 surrogate pair (byte 25)",
        ),
        (b'{"messages":[{"content":"\\udc00","x":' + DEEP, JSON + "nested too deeply"),
    ],
)
def test_a_body_with_half_a_pair_and_another_mistake_is_refused(body, message):
    refused(body, CLASSIFY, message)
