"""`TIDEGATE_DOCS_PAGE=false`: nothing of the API's page is served, and no message sends anybody to it."""

from collections.abc import Callable

import httpx
import pytest

from service.http import openapi
from tests.running import RunningServer

Serve = Callable[..., RunningServer]
PATHS = ("/schema", "/schema/", "/schema/openapi.json", openapi.ASSETS + "/swagger-ui.css")


@pytest.mark.parametrize("variables", [{"TIDEGATE_DOCS_PAGE": "false"}, {"TIDEGATE_PROFILE": "sidecar"}])
def test_without_the_page_nothing_of_it_is_served(serve: Serve, variables: dict[str, str]) -> None:
    server = serve(**variables)
    for path in PATHS:
        found = httpx.get(server.url + path)
        assert (found.status_code, found.json()["detail"]) == (
            404,
            "there is no such route: TIDEGATE_DOCS_PAGE is false",
        ), path
    assert httpx.get(server.url + "/nowhere").json()["detail"] == "there is no such route"
    found = httpx.get(server.url + "/v1/classify")
    assert (found.status_code, found.json()["detail"]) == (405, "the route has other methods")
    answer = httpx.post(server.url + "/v1/classify", json={"items": [{"text": "a weapon"}]})
    assert (answer.status_code, answer.json()["items"][0]["verdict"]) == (200, "block")


def test_with_it_all_of_it_is(server: RunningServer) -> None:
    for path in PATHS:
        assert httpx.get(server.url + path, follow_redirects=True).status_code == 200, path
    assert httpx.get(server.url + "/nowhere").json()["detail"].endswith("GET /schema describes those there are")
