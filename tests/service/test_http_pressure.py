"""What a caller cannot foresee: a full queue, a deadline that passes, a client that goes, a session that fails."""

import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from service.configuration.settings import Settings
from tests.gated import GatedService
from tests.running import until

SECRET = "zebrafinch"
GONE = 'tidegate_requests_total{route="/v1/classify",status="499"}'


@pytest.fixture
def service(tiny_bundle: Path) -> Iterator[GatedService]:
    settings = Settings(bundle=str(tiny_bundle), threads=1, max_tokens=100, max_queued_tokens=100)
    with GatedService(settings) as service:
        yield service


def items(*texts: str) -> dict[str, object]:
    return {"items": [{"text": text} for text in texts]}


def raw_request(body: object, promised: int | None = None) -> bytes:
    content = msgspec.json.encode(body)
    head = f"POST /v1/classify HTTP/1.1\r\nHost: localhost\r\nContent-Length: {promised or len(content)}\r\n\r\n"
    return head.encode() + content


def connected(url: str) -> socket.socket:
    parsed = httpx.URL(url)
    return socket.create_connection((parsed.host, parsed.port), timeout=30)


def listens(url: str) -> bool:
    try:
        connected(url).close()
    except ConnectionRefusedError:
        return False
    return True


def test_what_is_refused_for_its_windows_is_not_counted(service: GatedService) -> None:
    counted = 'tidegate_verdicts_total{policy="default",role="text",verdict="allow"}'
    long, short = ({**items(text), "windows": True} for text in ("near " * 60, "near"))
    service.gate.set()
    assert [service.post("/v1/classify", each).result().status_code for each in (long, short)] == [200, 200]
    assert service.metric(counted) == 2
    service.gate.clear()
    service.entered.clear()
    first = service.post("/v1/classify", items("far " * 30))
    until(service.entered.is_set)
    # Their verdicts are known; for the windows of one there is no room, and for those of the other no time.
    assert service.post("/v1/classify", long).result().status_code == 429
    late = service.post("/v1/classify", short, **{"X-Tidegate-Deadline-Ms": "500"}).result()
    assert (late.status_code, late.json()["detail"]) == (
        504,
        "the deadline passed before the windows' scores were there",
    )
    assert service.metric(counted) == 2
    service.gate.set()
    assert first.result().status_code == 200
    assert service.metric(counted) == 3


def test_a_full_queue_is_told_at_once_and_keeps_what_it_has(service: GatedService) -> None:
    first = service.post("/v1/classify", items("far " * 60))
    until(service.entered.is_set)
    refused = service.post("/v1/classify", items("near", "near " * 60)).result()
    assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
    assert refused.json()["type"] == "urn:tidegate:problem:overloaded"
    assert refused.json()["detail"] == "96 tokens are waiting, the limit is 100"
    assert int(refused.headers["retry-after"]) >= 1
    assert service.metric("tidegate_refused_requests_total") == 1
    service.gate.set()
    assert first.result().status_code == 200
    # Nothing of the refused request was queued, not even the text that would have fitted.
    until(lambda: service.metric("tidegate_queued_tokens") == 0)
    assert service.metric("tidegate_tokens_scored_total") == 96


def test_a_request_that_can_never_fit_is_too_large_and_not_too_early(service: GatedService) -> None:
    answer = service.post("/v1/classify", items("far " * 90)).result()
    assert answer.status_code == 413
    assert answer.json()["detail"].endswith("the limit is 100")


def test_a_deadline_is_kept_and_its_text_not_scored(service: GatedService) -> None:
    first = service.post("/v1/classify", items("far"))
    until(service.entered.is_set)
    headers = {"x-tidegate-deadline-ms": "20"}
    for route, body in (("/v1/classify", items("near")), ("/v1/moderations", {"input": "near"})):
        late = service.post(route, body, **headers).result()
        assert late.status_code == 504
        error = late.json()
        assert (error.get("detail") or error["error"]["message"]) == "the deadline passed before the scores were there"
    service.gate.set()
    assert first.result().status_code == 200
    until(lambda: service.metric("tidegate_dropped_texts_total") == 2)
    assert service.metric("tidegate_queued_tokens") == 0


def test_a_deadline_far_enough_changes_nothing(service: GatedService) -> None:
    service.gate.set()
    assert (
        service.post("/v1/classify", items("far"), **{"x-tidegate-deadline-ms": "3600000"}).result().status_code == 200
    )


def test_the_text_of_a_client_that_has_gone_is_dropped(service: GatedService) -> None:
    first = service.post("/v1/classify", items("far"))
    until(service.entered.is_set)
    with connected(service.url) as client:
        client.sendall(raw_request(items("near")))
        until(lambda: service.metric('tidegate_cache_total{result="miss"}') == 2)
    until(lambda: service.metric(GONE) == 1)
    service.gate.set()
    assert first.result().status_code == 200
    until(lambda: service.metric("tidegate_dropped_texts_total") == 1)
    assert service.metric("tidegate_tokens_scored_total") == 4  # [CLS], the role, far, [SEP]


def test_a_client_that_goes_takes_nothing_from_one_that_stays(service: GatedService) -> None:
    first = service.post("/v1/classify", items("far"))
    until(service.entered.is_set)
    with connected(service.url) as client:
        client.sendall(raw_request(items("near")))
        until(lambda: service.metric('tidegate_cache_total{result="miss"}') == 2)
        stays = service.post("/v1/classify", items("near"))
        until(lambda: service.metric('tidegate_cache_total{result="miss"}') == 3)
    until(lambda: service.metric(GONE) == 1)
    service.gate.set()
    assert (first.result().status_code, stays.result().status_code) == (200, 200)
    assert service.metric("tidegate_dropped_texts_total") == 0


def test_a_client_that_goes_amid_its_body_is_no_event(service: GatedService, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), connected(service.url) as client:
        client.sendall(raw_request(items(SECRET), promised=1_000))
    until(lambda: service.metric(GONE) == 1)
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(service: GatedService) -> None:
    with connected(service.url) as client:
        client.sendall(raw_request({}, promised=Settings().max_body_bytes + 1)[: -len(b"{}")])
        assert client.recv(12) == b"HTTP/1.1 413"


def test_a_request_that_crossed_the_end_is_answered(service: GatedService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.http.server.CROSSING_SECONDS", 60.0)  # it ends with the last connection
    service.gate.set()
    with httpx.Client(base_url=service.url) as early:
        assert "connection" not in early.post("/v1/classify", json=items("far")).headers
        service.end()
        until(lambda: not listens(service.url))
        crossed = early.post("/v1/classify", json=items("near"))
    assert (crossed.status_code, crossed.headers["connection"]) == (200, "close")


def test_a_session_that_fails_is_answered_as_the_policy_says(service: GatedService) -> None:
    def broken(_windows: object) -> None:
        raise RuntimeError(SECRET)

    service.run = broken  # type: ignore[assignment]
    service.gate.set()
    answers = {
        policy: service.post("/v1/classify", items("far") | {"policy": policy}).result()
        for policy in ("default", "permissive")
    }
    policies = {each["name"]: each["on_error"] for each in httpx.get(service.url + "/v1/policies").json()}
    expected = {"closed": ("block", True), "open": ("allow", False)}
    for policy, answer in answers.items():
        assert answer.status_code == 200
        (item,) = answer.json()["items"]
        assert (item["verdict"], item["flagged"]) == expected[policies[policy]]
        assert (item["degraded"], item["coverage"]["scored"]) == (True, 0)
        assert SECRET not in answer.text
        # What on_error says does not depend on whether somebody wants to see the windows too.
        asked = items("far") | {"policy": policy, "windows": True}
        assert service.post("/v1/classify", asked).result().json()["items"] == [item]
    (result,) = service.post("/v1/moderations", {"input": "far"}).result().json()["results"]
    assert (result["flagged"], result["tidegate"]["degraded"]) == (True, True)


def test_a_bug_of_ours_is_named_by_its_place_alone(service: GatedService, caplog: pytest.LogCaptureFixture) -> None:
    def broken(_logits: object, _role: object) -> None:
        raise LookupError(SECRET)

    service.scorer.calibration.of_one = broken  # type: ignore[method-assign,assignment]
    service.gate.set()
    answer = service.post("/v1/classify", items(SECRET)).result()
    assert answer.status_code == 500
    assert answer.json() == {
        "type": "urn:tidegate:problem:error",
        "title": "Internal error",
        "status": 500,
        "detail": "an unexpected error; the log names its kind and place",
    }
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert line.startswith(f"LookupError at {__file__}:")
    assert SECRET not in caplog.text
    wrapped = service.post("/v1/moderations", {"input": SECRET}).result()
    assert (wrapped.status_code, wrapped.json()["error"]["type"]) == (500, "server_error")
