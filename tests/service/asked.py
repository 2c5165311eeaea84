"""What `POST /v1/classify` answers."""

from typing import Any

import httpx

from tests.running import RunningServer


def ask(server: RunningServer, items: list[dict[str, Any]], **rest: Any) -> dict[str, Any]:
    return answer_to(server, {"items": items, **rest})


def answer_to(server: RunningServer, body: dict[str, Any]) -> dict[str, Any]:
    answer = httpx.post(server.url + "/v1/classify", json=body, timeout=60)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def entry(item: dict[str, Any], slug: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in item["categories"] if each["slug"] == slug)
    return found
