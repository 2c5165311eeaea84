"""`POST /v1/classify` as a client sees it."""

from collections.abc import Callable

import httpx

from tests.running import RunningServer


def test_names_the_category_and_spares_the_rest(serve: Callable[..., RunningServer]) -> None:
    server = serve()
    items = [{"id": "a", "role": "prompt", "text": "the weapon is here"}, {"id": "b", "text": "hello there"}]
    answer = httpx.post(server.url + "/v1/classify", json={"items": items}).json()
    verdicts = {item["id"]: item["verdict"] for item in answer["items"]}
    assert verdicts == {"a": "block", "b": "allow"}
    flagged = [entry["slug"] for entry in answer["items"][0]["categories"] if entry["flagged"]]
    assert flagged == ["guns_illegal_weapons"]
