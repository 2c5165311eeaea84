"""The life of the process: probes, metrics, the drain, and what a signal does to requests under way."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path

import httpx
import pytest

from tests.running import RunningServer, until

TEXT = {"items": [{"text": "a weapon"}]}


def is_ready(server: RunningServer) -> bool:
    return httpx.get(server.url + "/health/ready").status_code == 200


def test_the_probes_of_a_running_service(server: RunningServer) -> None:
    live, ready = (httpx.get(f"{server.url}/health/{name}") for name in ("live", "ready"))
    assert (live.status_code, live.json()) == (200, {"status": "live"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
    assert "connection" not in ready.headers


def test_metrics_are_in_prometheus_text_format(server: RunningServer) -> None:
    answer = httpx.get(server.url + "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "# TYPE tidegate_requests_total counter" in answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/health/live", 200),
        ("/health/ready", 200),
        ("/metrics", 200),
        ("/v1/info", 200),
        ("/v1/taxonomy", 200),
        ("/schema", 200),
        ("/schema/openapi.json", 200),
        ("/schema/assets/swagger-ui.css", 200),
        ("/console", None),  # 200 once it was built
        ("/v1/classify", 405),
        ("/nowhere", 404),
    ],
)
def test_head_is_get_without_a_body(server: RunningServer, path: str, status: int | None) -> None:
    varies = {"date"} | ({"content-length"} if path == "/metrics" else set())
    with httpx.Client(base_url=server.url, headers={"Accept-Encoding": "identity"}) as client:
        # Over one connection: a body would be read as the beginning of the next answer.
        head, whole = client.head(path), client.get(path)
    assert head.status_code == whole.status_code
    assert status in (None, head.status_code)
    assert (head.content, bool(whole.content)) == (b"", True)
    told, wanted = (
        {name: value for name, value in each.headers.items() if name not in varies} for each in (head, whole)
    )
    assert told == wanted


def test_the_methods_of_a_route_include_head_where_get_is_one(server: RunningServer) -> None:
    allowed = [httpx.put(server.url + path).headers["allow"] for path in ("/health/live", "/v1/classify")]
    assert allowed == ["GET, HEAD, OPTIONS", "OPTIONS, POST"]


def test_what_is_served_is_told(server: RunningServer) -> None:
    told = httpx.get(server.url + "/v1/info").json()
    assert (told["model"]["name"], told["device"], told["cache"]) == ("tiny", "cpu", "memory")
    assert set(told) == {"version", "device", "cache", "default_policy", "model", "taxonomy", "limits", "journal"}
    assert set(told["model"]) == {
        *("name", "digest", "base", "created", "precision", "normaliser", "window_tokens", "overlap_tokens"),
        *("unscored", "languages"),
    }
    assert told["model"]["unscored"] == []
    assert told["limits"] == {"body_bytes": 8_388_608, "items": 512, "chars": 500_000, "tokens": 131_072}
    taxonomy = httpx.get(server.url + "/v1/taxonomy").json()
    assert len(taxonomy["categories"]) == 25
    assert taxonomy["digest"] == told["taxonomy"]["digest"]
    crosswalks = {each["name"]: each for each in httpx.get(server.url + "/v1/crosswalks").json()}
    assert len(crosswalks["openai"]["labels"]) == 13


def test_a_draining_service_says_no_to_probes_and_yes_to_texts(serve: Callable[..., RunningServer]) -> None:
    server = serve(TIDEGATE_DRAIN_SECONDS="600")
    server.terminate()
    until(lambda: not is_ready(server))
    probe = httpx.get(server.url + "/health/ready")
    assert (probe.status_code, probe.json()["detail"]) == (503, "the service is draining")
    assert probe.headers["content-type"] == "application/problem+json"
    assert httpx.get(server.url + "/health/live").status_code == 200
    answer = httpx.post(server.url + "/v1/classify", json=TEXT)
    assert (answer.status_code, answer.json()["verdict"]) == (200, "block")
    server.terminate()  # a second signal ends the drain
    assert server.process.wait(30) == 0
    assert "INFO tidegate draining for 600 seconds: " in server.log.read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_an_idle_service_with_status_0(serve: Callable[..., RunningServer], number: int) -> None:
    server = serve()
    server.process.send_signal(number)
    assert server.process.wait(30) == 0
    assert "Traceback" not in server.log.read_text()


class Traffic:
    """Clients that each send one distinct text after the other until nobody listens any more."""

    def __init__(self, url: str, clients: int, keep_alive: bool) -> None:
        self.statuses: list[int] = []
        self.lost: list[Exception] = []
        self._url = url
        self._limits = httpx.Limits(max_keepalive_connections=None if keep_alive else 0)
        self._numbers = count()
        self._threads = [threading.Thread(target=self._send) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Wait until every client has been refused."""
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _send(self) -> None:
        with httpx.Client(base_url=self._url, timeout=30, limits=self._limits) as client:
            while True:
                try:
                    answer = client.post("/v1/classify", json={"items": [{"text": f"far {next(self._numbers)} " * 50}]})
                except httpx.ConnectError:
                    return  # refused: nobody accepted it
                except httpx.TransportError as error:
                    self.lost.append(error)
                    return
                self.statuses.append(answer.status_code)


@pytest.mark.parametrize("keep_alive", [True, False])
def test_a_signal_under_load_loses_nothing(serve: Callable[..., RunningServer], keep_alive: bool) -> None:
    server = serve()
    traffic = Traffic(server.url, clients=8, keep_alive=keep_alive)
    until(lambda: len(traffic.statuses) > 30)
    server.terminate()
    traffic.join()
    assert traffic.lost == []
    assert set(traffic.statuses) == {200}
    assert server.process.wait(30) == 0


def test_a_signal_while_the_model_is_loaded_ends_it_too(tiny_bundle: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    environment = {**os.environ, "TIDEGATE_BUNDLE": str(tiny_bundle), "TIDEGATE_PORT": "0"}
    command = [sys.executable, "-m", "service.cli", "serve"]
    with log.open("wb") as out, subprocess.Popen(command, env=environment, stderr=out) as process:
        until(lambda: "session threads" in log.read_text())
        process.terminate()
        assert process.wait(30) == 0
    assert "Traceback" not in log.read_text()
