"""Bad input over HTTP: one mistake a file in gallery/, with the exact answer; no word of it is ever repeated.

A file holds `status` and `detail` (the message; none where the answer is 200), and the request: `route`, `method`
(POST), `headers`, and one of

    body   JSON, sent as it is
    raw    text, sent as Latin-1: for what is not JSON, or not UTF-8
    made   the name of a function in MADE, for what is too large for a file

`verdict` is the verdict of a 200.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tests.running import RunningServer

GALLERY = Path(__file__).parent / "gallery"
# Planted in every case that holds any word at all.
MARKER = "zebrafinch"
WORDLESS = {
    "feedback_labels_contradict",
    "feedback_where_none_is_kept",
    "empty_body",
    "items_empty",
    "messages_empty",
    "moderations_input_empty",
    "moderations_empty_body",
}


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One request and its answer."""

    status: int
    route: str = "/v1/classify"
    method: str = "POST"
    headers: dict[str, str] = {}
    body: msgspec.Raw = msgspec.Raw()
    raw: str = ""
    made: str | None = None
    detail: str | None = None
    verdict: str | None = None

    @property
    def content(self) -> bytes:
        """The bytes of the request's body."""
        made = MADE[self.made]() if self.made else ""
        return bytes(self.body) or self.raw.encode("latin-1") or made.encode()


def _items(*texts: str) -> str:
    return json.dumps({"items": [{"text": text} for text in texts]})


MADE: Mapping[str, Callable[[], str]] = {
    "body_of_10_mb": lambda: _items(MARKER + " " + "x" * 10_000_000),
    "input_of_10_mb": lambda: json.dumps({"input": MARKER + " " + "x" * 10_000_000}),
    "text_of_a_million_characters": lambda: _items(MARKER, MARKER + " " + "x" * 999_989),
    "context_of_a_million_characters": lambda: json.dumps(
        {"items": [{"role": "response", "text": "x", "context": MARKER + " " + "x" * 999_989}]}
    ),
    "turn_of_a_million_characters": lambda: json.dumps(
        {
            "messages": [
                {"role": "system", "content": MARKER},
                {"role": "user", "content": "x"},
                {"role": "assistant", "content": "x" * 1_000_000},
            ]
        }
    ),
    "input_of_a_million_characters": lambda: json.dumps({"input": MARKER + " " + "x" * 999_989}),
    "second_input_of_a_million_characters": lambda: json.dumps({"input": [MARKER, "x" * 1_000_000]}),
    "parts_of_a_million_characters": lambda: json.dumps(
        {"input": [{"type": "text", "text": text} for text in (MARKER, "x" * 999_989)]}
    ),
    "too_many_tokens": lambda: _items(MARKER + " a" * 140_000),
    "too_many_tokens_together": lambda: _items(*(f"{MARKER} {i}" + " a" * 1_000 for i in range(140))),
    "a_thousand_items": lambda: _items(*[MARKER] * 1_000),
    "messages_513": lambda: json.dumps({"messages": [{"role": "user", "content": MARKER}] * 513}),
    "a_thousand_inputs": lambda: json.dumps({"input": [MARKER] * 1_000}),
    "id_of_257_characters": lambda: json.dumps({"items": [{"id": (MARKER * 26)[:257], "text": "x"}]}),
    "nested_deeply": lambda: '{"messages":[{"role":"user","content":' + f'[{{"{MARKER}":' * 100_000,
    "keys_by_the_thousand": lambda: json.dumps(
        {"items": [{"text": "x"}], "thresholds": {f"{MARKER}{i}": 0.5 for i in range(10_000)}}
    ),
}
CASES = {path.stem: msgspec.json.decode(path.read_bytes(), type=Case) for path in sorted(GALLERY.glob("*.json"))}


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_named_and_no_text_repeated(name: str, server: RunningServer) -> None:
    case = CASES[name]
    logged = server.log.stat().st_size
    answer = httpx.request(case.method, server.url + case.route, content=case.content, headers=case.headers, timeout=60)
    assert (answer.status_code, message_of(answer)) == (case.status, case.detail)
    if case.status == 200:
        assert answer.json()["verdict"] == case.verdict
    assert MARKER not in answer.text + str(answer.headers)
    with server.log.open("rb") as log:
        log.seek(logged)
        assert log.read() == b""  # a mistake of the client's is no event of ours


def message_of(answer: httpx.Response) -> str | None:
    """Return the message of an error, having checked all that is around it."""
    if answer.status_code == 200:
        return None
    body: dict[str, Any] = answer.json()
    if answer.url.path.rstrip("/").endswith("/moderations"):
        assert answer.headers["content-type"] == "application/json"
        error = body["error"]
        assert body.keys() == {"error"}
        assert error.keys() == {"message", "type", "param", "code"}
        assert error["type"] == "invalid_request_error"
        assert error["code"] == CODES[answer.status_code].replace("-", "_")
        if error["param"] is not None:
            assert error["message"].startswith(error["param"] + ": ")
        message: str = error["message"]
        return message
    assert answer.headers["content-type"] == "application/problem+json"
    assert body.keys() == {"type", "title", "status", "detail"}
    assert body["type"] == "urn:tidegate:problem:" + CODES[answer.status_code]
    assert body["status"] == answer.status_code
    detail: str = body["detail"]
    return detail


CODES = {
    400: "bad-request",
    404: "not-found",
    405: "method-not-allowed",
    409: "conflict",
    413: "too-large",
    415: "unsupported-encoding",
}


@pytest.mark.parametrize("name", CASES)
def test_the_marker_is_really_planted(name: str) -> None:
    case = CASES[name]
    sent = case.content + case.route.encode() + str(case.headers).encode()
    assert (MARKER.encode() in sent) != (name in WORDLESS)


def test_a_wrong_method_is_told_the_right_one(server: RunningServer) -> None:
    assert "POST" in httpx.get(server.url + "/v1/classify").headers["allow"]


def test_every_answer_is_counted_and_no_path_becomes_a_label(server: RunningServer) -> None:
    known = 'tidegate_requests_total{route="/v1/classify",status="400"}'
    unknown = 'tidegate_requests_total{route="unknown",status="404"}'
    before = server.metric(known), server.metric(unknown)
    httpx.post(server.url + "/v1/classify", content=b"{")
    httpx.get(f"{server.url}/{MARKER}")
    assert (server.metric(known), server.metric(unknown)) == (before[0] + 1, before[1] + 1)
    assert MARKER not in httpx.get(server.url + "/metrics").text


@pytest.mark.parametrize(
    ("method", "path", "route"),
    [
        ("DELETE", "/v1/classify", "/v1/classify"),
        ("PROPFIND", "/v1/classify/", "/v1/classify"),
        ("PATCH", f"/v1/policies/{MARKER}", "/v1/policies/{name}"),
        ("POST", "/schema/assets/" + MARKER, "/schema/assets/{file_path}"),
        ("POST", "/console/" + MARKER, "/console/{name}"),
    ],
)
def test_a_wrong_method_is_counted_under_its_route(server: RunningServer, method: str, path: str, route: str) -> None:
    count = f'tidegate_requests_total{{route="{route}",status="405"}}'
    before = server.metric(count)
    assert httpx.request(method, server.url + path).status_code == 405
    assert server.metric(count) == before + 1
    assert MARKER not in httpx.get(server.url + "/metrics").text


def test_a_body_that_does_not_say_its_length_is_limited_too(server: RunningServer) -> None:
    answer = httpx.post(server.url + "/v1/classify", content=iter([b"x" * 1_000_000] * 10), timeout=60)
    assert (answer.status_code, message_of(answer)) == (413, "the body is larger than 8388608 bytes")


def test_a_body_that_comes_in_pieces_is_read_whole(server: RunningServer) -> None:
    pieces = [b'{"items": [{"text": "hello', b"", b" " * 100_000, b'there", "id": "x"}]}']
    answer = httpx.post(server.url + "/v1/classify", content=iter(pieces), timeout=60)
    assert (answer.status_code, [each["id"] for each in answer.json()["items"]]) == (200, ["x"])
