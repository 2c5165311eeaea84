"""A server of a test's own with a key that may administer, and evaluations to open in it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec

from taxonomy.evaluation import BINS, POINTS, Curve, Evaluation
from taxonomy.files import native
from taxonomy.policy import decided_slugs
from tests.running import RunningServer, until


class Signed:
    """A running server and its key."""

    def __init__(self, server: RunningServer, key: str) -> None:
        self.server = server
        self.url = server.url
        self.key = key
        self.http = httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {key}"})
        self.asked = 0

    def verdict(self, text: str) -> str:
        """Return the verdict on a prompt, as an application of no tenant gets it."""
        return str(self.classify({"role": "prompt", "text": text})["verdict"])

    def classify(self, item: Mapping[str, str], tenant: str = "", **asked: object) -> Any:
        """Return the answer to one item."""
        headers = {"X-Tidegate-Tenant": tenant} if tenant else {}
        answer = self.http.post("/v1/classify", json={"items": [item], **asked}, headers=headers)
        assert answer.status_code == 200, answer.text
        self.asked += 1
        return answer.json()

    def decisions(self) -> int:
        """Return how many decisions were made, once all are remembered."""
        until(lambda: self.http.get("/v1/traffic").json()["traffic"]["decisions"] == self.asked)
        return self.asked

    def save(self, name: str, policy: Mapping[str, object], reason: str = "") -> int:
        """Save a version over HTTP, as somebody else would, and return its number."""
        found = self.http.get(f"/v1/policies/{name}")
        condition = {"If-Match": found.headers["ETag"]} if found.status_code == 200 else {"If-None-Match": "*"}
        body = {"policy": policy, "reason": reason}
        answer = self.http.post(f"/v1/policies/{name}/versions", json=body, headers=condition)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["version"])

    def close(self) -> None:
        """Close the connections."""
        self.http.close()


def created_key(url: str, state: str, *options: str) -> str:
    """Return a new key, made as an operator makes it, once the server at `url` knows it."""
    command = [sys.executable, "-m", "service.cli", "keys", "create", *(options or ("--scope", "admin"))]
    environment = {**os.environ, "TIDEGATE_STATE": state}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    key = done.stdout.splitlines()[0].strip()
    headers = {"Authorization": f"Bearer {key}"}
    until(lambda: httpx.get(url + "/v1/policies", headers=headers).status_code == 200)
    return key


def evaluation_file(folder: Path) -> Path:
    """Write an evaluation in which scores fall evenly, positives above 0.3 and negatives below 0.7."""
    caught = tuple(min(100, round((100 - i) * 10 / 7)) for i in range(POINTS))
    stopped = tuple(max(0, round((70 - i) * 100 / 7)) for i in range(POINTS))
    curve = Curve(100, 1000, caught, stopped, (5,) * BINS)
    curves = dict.fromkeys(decided_slugs(native()), curve)
    path = folder / "evaluation.json"
    path.write_bytes(msgspec.json.encode(Evaluation("2026-01-01", "sha256:" + "0" * 64, "sha256:0", 1100, curves)))
    return path
