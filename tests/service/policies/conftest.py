"""A running server, and clients with API keys that the command made."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.running import RunningServer

WEAPON = {"items": [{"text": "the weapon is here", "role": "prompt"}]}
OURS = """\
kind: policy
name: ours
description: Of the folder.
on_error: closed
override: stricter
defaults: {threshold: 0.5, action: block}
"""
TENANTS = "kind: tenants\ntenants: {acme: ours}\n"
MINE: dict[str, Any] = {
    "description": "Of mine.",
    "on_error": "closed",
    "defaults": {"threshold": 0.5, "action": "block", "review_band": {"below": 0.1}},
}


def make_key(state: str, *arguments: str) -> str:
    """Run `tidegate keys create` and return the key."""
    command = [sys.executable, "-m", "service.cli", "keys", "create", *arguments]
    ran = subprocess.run(command, env={"TIDEGATE_STATE": state}, capture_output=True, text=True, check=True)
    return ran.stdout.strip()


class Client:
    """Asks a server with one key."""

    def __init__(self, server: RunningServer, key: str) -> None:
        self.server = server
        self.url = server.url
        self._client = httpx.Client(base_url=server.url, headers={"authorization": f"Bearer {key}"}, timeout=30)

    def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        """Ask, whatever the answer."""
        return self._client.request(method, path, **given)

    def get(self, path: str) -> Any:
        """Return the JSON of what must be there."""
        answer = self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def tag(self, path: str) -> str:
        """Return the ETag of something."""
        return self.ask("GET", path).headers["etag"]

    def change(self, method: str, path: str, body: object = None, *, of: str | None = None) -> Any:
        """Change something with the ETag that `of` has now, make it where that is None; return the JSON."""
        condition = {"if-none-match": "*"} if of is None else {"if-match": self.tag(of)}
        answer = self.ask(method, path, json=body, headers=condition)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def save(self, name: str, policy: dict[str, Any], reason: str = "") -> Any:
        """Save a version, the first or another."""
        path = f"/v1/policies/{name}"
        known = self.ask("GET", path).status_code == 200
        return self.change("POST", f"{path}/versions", {"policy": policy, "reason": reason}, of=path if known else None)

    def activate(self, name: str, version: int) -> Any:
        """Put a version in force."""
        path = f"/v1/policies/{name}"
        return self.change("POST", f"{path}/activate", {"version": version}, of=path)

    def classify(self, body: object = None, **headers: str) -> Any:
        """Return the answer of /v1/classify, to WEAPON where nothing else is given."""
        answer = self.ask("POST", "/v1/classify", json=body or WEAPON, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def close(self) -> None:
        """Close its connections."""
        self._client.close()


@pytest.fixture
def open_client() -> Iterator[Callable[..., Client]]:
    """Return a function that makes clients, which are closed after the test."""
    made: list[Client] = []

    def make(server: RunningServer, key: str) -> Client:
        made.append(Client(server, key))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def state(tmp_path: Path) -> str:
    """An SQLite file for the journal."""
    return str(tmp_path / "journal.db")


@pytest.fixture
def admin(
    serve: Callable[..., RunningServer], state: str, tmp_path: Path, open_client: Callable[..., Client]
) -> Client:
    """An administrator of a server with a folder of policies."""
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "ours.yaml").write_text(OURS)
    (folder / "tenants.yaml").write_text(TENANTS)
    key = make_key(state, "--scope", "admin")
    return open_client(serve(TIDEGATE_STATE=state, TIDEGATE_POLICIES=str(folder)), key)
