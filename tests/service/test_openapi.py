"""The API's description, and the page that shows it without the internet."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from service.http import openapi
from tests.running import RunningServer

ROUTES = {
    ("/v1/classify", "post"),
    ("/v1/moderations", "post"),
    ("/v1/info", "get"),
    ("/v1/taxonomy", "get"),
    ("/v1/policies", "get"),
    ("/v1/policies/{name}", "get"),
    ("/v1/policies/{name}", "delete"),
    ("/v1/policies/{name}/versions", "get"),
    ("/v1/policies/{name}/versions", "post"),
    ("/v1/policies/{name}/versions/{number}", "get"),
    ("/v1/policies/{name}/activate", "post"),
    ("/v1/policies/{name}/diff", "get"),
    ("/v1/policies/{name}/try", "post"),
    ("/v1/policies/{name}/shadow", "get"),
    ("/v1/policies/{name}/shadow", "put"),
    ("/v1/policies/{name}/shadow", "delete"),
    ("/v1/tenants", "get"),
    ("/v1/tenants/{tenant}", "get"),
    ("/v1/tenants/{tenant}", "put"),
    ("/v1/tenants/{tenant}", "delete"),
    ("/v1/crosswalks", "get"),
    ("/v1/feedback", "post"),
    ("/v1/traffic", "get"),
    ("/v1/evaluation", "get"),
    ("/health/live", "get"),
    ("/health/ready", "get"),
}


@pytest.fixture(scope="module")
def described(server: RunningServer) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(server.url + "/schema/openapi.json").json()
    return found


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Yield every mapping in the document."""
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(each)
    if isinstance(node, dict):
        yield node


def test_the_page_asks_nobody_but_us(server: RunningServer) -> None:
    page = httpx.get(server.url + "/schema")
    assert page.status_code == 200
    head = page.text.split("<body>")[0]
    assets = re.findall(r"""(?:src|href)=["']([^"']+)""", head)
    assert len(assets) == 4
    for asset in assets:
        assert asset.startswith((openapi.ASSETS, "data:"))
        if asset.startswith("/"):
            found = httpx.get(server.url + asset)
            assert (found.status_code, len(found.content) > 10_000) == (200, True)
    # Beyond the head there is only the description, in which an address loads nothing.
    assert not re.findall(r"(?:src|href|url)\s*[=:(]\s*[\"']?https?:", page.text)


def test_every_route_is_described(described: dict[str, Any]) -> None:
    assert {(path, method) for path, method, _ in operations(described)} == ROUTES
    for path, method, operation in operations(described):
        assert operation["description"].endswith("."), path
        assert operation["tags"], path
        done = next(each for status, each in operation["responses"].items() if status.startswith("2"))
        assert method == "delete" or done["content"]["application/json"]["schema"], path


def test_what_a_route_takes_is_described(described: dict[str, Any]) -> None:
    for path, method, operation in operations(described):
        assert ("requestBody" in operation) == (method in ("post", "put")), path
    asked = described["paths"]["/v1/classify"]["post"]["requestBody"]
    assert asked["required"] is True
    schema = asked["content"]["application/json"]["schema"]
    ours = {"items", "messages", "policy", "thresholds", "judge_system", "judge_together", "windows"}
    assert set(schema["properties"]) == ours
    item = schema["properties"]["items"]["anyOf"][0]["items"]
    assert item["required"] == ["text"]
    assert item["properties"]["role"]["default"] == "text"
    assert item["properties"]["id"]["anyOf"][0]["maxLength"] == 256
    schema = described["paths"]["/v1/moderations"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert (set(schema["properties"]), schema["required"]) == ({"input", "model", "tidegate"}, ["input"])


def test_what_a_change_needs_is_described(described: dict[str, Any]) -> None:
    for path, method, operation in operations(described):
        if path.startswith(("/v1/policies", "/v1/tenants")) and method != "get" and not path.endswith("/try"):
            names = {each["name"] for each in operation["parameters"]}
            assert {"If-Match", "If-None-Match"} <= names, path
            assert {"400", "401", "403", "409", "412", "428", "503"} <= set(operation["responses"]), path
    save = described["paths"]["/v1/policies/{name}/versions"]["post"]
    assert set(save["requestBody"]["content"]) == {"application/json", "application/yaml"}
    assert {each["name"] for each in save["parameters"]} == {"name", "If-Match", "If-None-Match", "reason"}
    diff = described["paths"]["/v1/policies/{name}/diff"]["get"]
    assert {each["name"] for each in diff["parameters"]} == {"name", "from", "to"}


def test_how_a_route_refuses_is_described(described: dict[str, Any]) -> None:
    for path, kind in (("/v1/classify", "application/problem+json"), ("/v1/moderations", "application/json")):
        operation = described["paths"][path]["post"]
        assert set(operation["responses"]) == {"200", "400", "401", "403", "413", "415", "429", "504"}
        for status in ("400", "401", "403", "413", "415", "429", "504"):
            assert operation["responses"][status]["content"][kind]["schema"]["$ref"]
        assert [(each["name"], each["in"]) for each in operation["parameters"]] == [
            ("x-tidegate-deadline-ms", "header"),
            ("x-tidegate-tenant", "header"),
        ]
    assert "503" in described["paths"]["/health/ready"]["get"]["responses"]


def test_what_takes_a_key_says_so_and_what_is_open_does_not(described: dict[str, Any]) -> None:
    assert described["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert described["security"] == [{"key": []}, {}]
    for path, _, operation in operations(described):
        assert (
            {"401", "403"} <= set(operation["responses"])
            if path.startswith("/v1/")
            else {"401", "403"}.isdisjoint(operation["responses"])
        ), path


def test_the_description_is_whole(described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1")
    assert described["info"]["title"] == "tidegate"
    names = [operation["operationId"] for _, _, operation in operations(described)]
    assert len(set(names)) == len(names)
    references = {node["$ref"] for node in nodes(described) if "$ref" in node}
    assert references
    for reference in references:
        found: Any = described
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        assert found["type"] or found["enum"]
