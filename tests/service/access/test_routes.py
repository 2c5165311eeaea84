"""Every route asks who is asking, and what it answers to whom it does not let in."""

import logging
import re
from collections.abc import Iterator

import pytest
from litestar import Litestar

from service.access.keys import new_key
from tests.service.access.conftest import BODY, FAR, NEAR, Asked
from tests.service.access.test_caller import ANOTHER_NAME, KEYS, LACKS, NO_KEYS

# What is open to everybody: for probes and scrapers, and what says nothing of anybody's texts.
OPEN = ("/health/", "/metrics", "/schema", "/console")


def routes(app: Litestar) -> Iterator[tuple[str, str]]:
    """Yield method and path of every route there is, something in the place of each parameter."""
    for route in app.routes:
        path = re.sub(r"{[^}]+}", "1", route.path)
        for method in sorted(getattr(route, "methods", ()) - {"OPTIONS", "HEAD"}):
            yield method, path


async def test_no_route_answers_a_stranger_but_those_that_are_open(asked: Asked) -> None:
    found = list(routes(asked.app))
    assert {("POST", "/v1/classify"), ("POST", "/v1/moderations"), ("GET", "/v1/info")} <= set(found)
    for method, path in found:
        if path.startswith(OPEN):
            continue
        # Before the body is looked at: there is none here, and nothing is said of it.
        answer = await asked.request(method, path, FAR)
        assert answer.status_code == 401, (method, path, answer.text)
        assert answer.headers["www-authenticate"] == 'Bearer realm="tidegate"'
        answer = await asked.request(method, path, FAR, authorization=f"Bearer {new_key().text}")
        assert answer.status_code == 401, (method, path, answer.text)


async def test_no_route_answers_a_neighbour_without_a_key_once_there_are_keys(asked: Asked) -> None:
    await asked.make("admin")
    for method, path in routes(asked.app):
        if not path.startswith(OPEN):
            answer = await asked.request(method, path, NEAR)
            assert answer.status_code == 401, (method, path, answer.text)


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/metrics", "/schema", "/schema/openapi.json"])
async def test_probes_metrics_and_the_description_are_open(asked: Asked, path: str) -> None:
    await asked.make("admin")
    assert (await asked.request("GET", path, FAR)).status_code == 200


@pytest.mark.parametrize("path", ["/v1/info", "/v1/taxonomy", "/v1/policies", "/v1/crosswalks"])
async def test_the_catalogue_takes_the_scope_classify(asked: Asked, path: str) -> None:
    assert (await asked.request("GET", path, NEAR)).status_code == 200
    one, other = await asked.make("classify"), await asked.make("feedback")
    assert (await asked.request("GET", path, FAR, authorization=f"Bearer {one.text}")).status_code == 200
    refused = await asked.request("GET", path, FAR, authorization=f"Bearer {other.text}")
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json() == {
        "type": "urn:tidegate:problem:forbidden",
        "title": "Forbidden",
        "status": 403,
        "detail": LACKS.format("classify"),
    }


async def test_a_stranger_is_told_in_one_line_what_to_do(asked: Asked) -> None:
    problem = {"type": "urn:tidegate:problem:unauthorized", "title": "Unauthorized", "status": 401}
    answer = await asked.request("POST", "/v1/classify", FAR, json=BODY)
    assert (answer.status_code, answer.json()) == (401, problem | {"detail": NO_KEYS})
    assert answer.headers["content-type"] == "application/problem+json"
    await asked.make("classify")
    answer = await asked.request("POST", "/v1/classify", NEAR, json=BODY)
    assert (answer.status_code, answer.json()) == (401, problem | {"detail": KEYS})


async def test_openais_route_answers_in_openais_words(asked: Asked) -> None:
    body = {"input": "hello"}
    key = await asked.make("feedback")
    answer = await asked.request("POST", "/v1/moderations", NEAR, json=body)
    error = {"message": KEYS, "type": "invalid_request_error", "param": None, "code": "unauthorized"}
    assert (answer.status_code, answer.json()) == (401, {"error": error})
    answer = await asked.request("POST", "/v1/moderations", NEAR, json=body, authorization=f"Bearer {key.text}")
    error |= {"message": LACKS.format("classify"), "code": "forbidden"}
    assert (answer.status_code, answer.json()) == (403, {"error": error})


async def test_forwarded_headers_open_nothing_to_strangers_and_close_what_neighbours_have(asked: Asked) -> None:
    for name in ("x-forwarded-for", "x-real-ip", "forwarded"):
        answer = await asked.request("POST", "/v1/classify", FAR, json=BODY, **{name: "127.0.0.1"})
        assert answer.status_code == 401
        answer = await asked.request("POST", "/v1/classify", NEAR, json=BODY, **{name: FAR})
        assert answer.status_code == 401


async def test_a_site_cannot_have_a_visitors_browser_ask(asked: Asked, asked_by_all: Asked) -> None:
    page = {"host": "127.0.0.1:8000", "content-type": "text/plain"}
    answer = await asked.request("POST", "/v1/classify", NEAR, json=BODY, origin="https://evil.example", **page)
    assert (answer.status_code, answer.json()["detail"]) == (401, NO_KEYS)
    answer = await asked.request("POST", "/v1/classify", NEAR, json=BODY, origin="http://127.0.0.1:8000", **page)
    assert answer.status_code == 200
    answer = await asked_by_all.request("POST", "/v1/classify", NEAR, json=BODY, origin="https://evil.example", **page)
    assert answer.status_code == 200


async def test_a_name_that_leads_here_reads_nothing(asked: Asked, asked_by_all: Asked) -> None:
    # A page whose name came to mean 127.0.0.1 is of one origin with us: what it gets, its browser sends no Origin for.
    found = [each for each in routes(asked.app) if not each[1].startswith(OPEN)]
    for method, path in found:
        answer = await asked.request(method, path, NEAR, host="evil.example:8000")
        assert answer.status_code == 401, (method, path, answer.text)
    answer = await asked.request("GET", "/v1/policies", NEAR, host="evil.example:8000")
    assert answer.json()["detail"] == ANOTHER_NAME
    answer = await asked.request("GET", "/v1/policies", "::1", host="[::1]:8000")
    assert answer.status_code == 200
    answer = await asked_by_all.request("POST", "/v1/classify", NEAR, json=BODY, host="evil.example:8000")
    assert answer.status_code == 200


@pytest.mark.parametrize("host", ["::1", "::ffff:127.0.0.1", "127.0.0.2"])
async def test_loopback_has_many_addresses(asked: Asked, host: str) -> None:
    assert (await asked.request("POST", "/v1/classify", host, json=BODY)).status_code == 200


async def test_anywhere_lets_strangers_classify_whatever_their_client_sends(asked_by_all: Asked) -> None:
    await asked_by_all.make("admin")
    for headers in ({}, {"authorization": "Bearer unused"}, {"authorization": "Basic dXNlcjpwYXNz"}):
        answer = await asked_by_all.request("POST", "/v1/classify", FAR, json=BODY, **headers)
        assert answer.status_code == 200
    answer = await asked_by_all.request(
        "POST", "/v1/classify", FAR, json=BODY, authorization=f"Bearer {new_key().text}"
    )
    assert answer.status_code == 401


async def test_a_key_stands_nowhere(asked: Asked, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    good, bad, revoked = await asked.make("classify", tenant="bot"), new_key(), await asked.make("classify")
    await asked.revoke(revoked)
    said = ""
    for key, status in ((good, 200), (bad, 401), (revoked, 401)):
        for path, body in (("/v1/classify", BODY), ("/v1/moderations", {"input": "hello"}), ("/v1/classify", {})):
            answer = await asked.request("POST", path, FAR, json=body, authorization=f"Bearer {key.text}")
            assert answer.status_code == (status if body or status == 401 else 400)
            said += answer.text + str(answer.headers)
    said += (await asked.request("GET", "/metrics")).text + caplog.text
    for key in (good, bad, revoked):
        assert key.secret not in said
        assert key.hash not in said
        assert key.id not in said
