"""Bad requests to the admin API, one mistake a file, with the exact answer; and that none of them changed anything.

`of` names what If-Match takes the ETag of; `text` is the body as it is sent, `body` is sent as JSON.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tests.running import RunningServer
from tests.service.policies.conftest import MINE, OURS, TENANTS, Client, make_key

GALLERY = Path(__file__).parent / "gallery"
# What a file should not hold.
MADE = {
    "@large": b"#" * 200_000,
    "@deep": b'{"policy":{"description":"d","extends":"strict","x":' + b"[" * 500 + b"]" * 500 + b"}}",
    "@latin": "kind: policy\nname: mine\ndescription: Größe\n".encode("latin-1"),
}


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One bad request and what is said of it."""

    method: str
    route: str
    status: int
    detail: str
    key: str = "admin"
    headers: dict[str, str] = {}
    of: str = ""
    body: Any = None
    text: str | None = None


CASES = {path.stem: msgspec.json.decode(path.read_bytes(), type=Case) for path in sorted(GALLERY.glob("*.json"))}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, str]]:
    """The journal's file, and keys by scope."""
    state = str(tmp_path_factory.mktemp("state") / "journal.db")
    return state, {scope: make_key(state, "--scope", scope) for scope in ("admin", "classify")}


@pytest.fixture(scope="module")
def prepared(
    tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory, keys: tuple[str, dict[str, str]]
) -> Iterator[Client]:
    """A server with a policy of two versions, one that is not in force, a folder, and a tenant of each kind."""
    folder = tmp_path_factory.mktemp("policies")
    (folder / "ours.yaml").write_text(OURS)
    (folder / "tenants.yaml").write_text(TENANTS)
    variables = {"TIDEGATE_BUNDLE": str(tiny_bundle), "TIDEGATE_THREADS": "1", "TIDEGATE_STATE": keys[0]}
    log = tmp_path_factory.mktemp("server") / "log"
    with RunningServer({**variables, "TIDEGATE_POLICIES": str(folder)}, log) as server:
        client = Client(server, keys[1]["admin"])
        client.save("mine", MINE)
        client.activate("mine", 1)
        client.save("mine", MINE)
        client.save("draft", MINE)
        client.change("PUT", "/v1/tenants/bank", {"policy": "strict"})
        yield client
        client.close()


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_named_and_changes_nothing(name: str, prepared: Client, keys: tuple[str, dict[str, str]]) -> None:
    case = CASES[name]
    before = everything(prepared)
    headers = dict(case.headers)
    if case.of:
        headers["if-match"] = prepared.tag(case.of)
    if case.key:
        headers["authorization"] = f"Bearer {keys[1][case.key]}"
    content = msgspec.json.encode(case.body) if case.text is None else MADE.get(case.text, case.text.encode())
    answer = httpx.request(case.method, prepared.url + case.route, content=content, headers=headers)
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["detail"]) == (case.status, case.status, case.detail)
    assert answer.headers["content-type"] == "application/problem+json"
    assert everything(prepared) == before


def everything(client: Client) -> Any:
    """Return all that could have been changed."""
    paths = ("/v1/policies", "/v1/tenants", "/v1/policies/mine/versions", "/v1/policies/draft/versions", "/v1/info")
    return [client.get(path) for path in paths]


def test_all_mistakes_of_a_policy_are_listed_with_their_lines(prepared: Client) -> None:
    text = "kind: policy\nname: mine\ndescription: d\non_error: shut\ncategories:\n  hat: {threshold: 2}\n"
    answer = prepared.ask(
        "POST",
        "/v1/policies/mine/versions",
        content=text,
        headers={"content-type": "application/yaml", "if-match": prepared.tag("/v1/policies/mine")},
    )
    assert answer.status_code == 400
    assert answer.json()["problems"] == [
        {"path": "", "message": "'defaults' is missing, and there is no 'extends' to take it from", "line": 1},
        {"path": "on_error", "message": "must be one of open, closed, not 'shut'", "line": 4},
        {"path": "categories.hat", "message": "unknown category 'hat', did you mean 'hate'?", "line": 6},
        {"path": "categories.hat.threshold", "message": "must be a number from 0 to 1, not 2", "line": 6},
    ]


def test_who_is_refused_as_stale_is_told_the_tag_of_now(prepared: Client) -> None:
    answer = prepared.ask("POST", "/v1/policies/mine/versions", json={"policy": MINE}, headers={"if-match": '"0"'})
    assert (answer.status_code, answer.headers["etag"]) == (412, prepared.tag("/v1/policies/mine"))
