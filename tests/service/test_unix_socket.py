"""The service on a Unix socket, with real processes and real clients."""

import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import httpx
import openai
import pytest

from tests.running import RunningServer, until

BODY = {"items": [{"text": "hello big world"}]}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "gate.sock"


@pytest.fixture
def environment(tiny_bundle, path):
    return {"TIDEGATE_BUNDLE": str(tiny_bundle), "TIDEGATE_UDS": str(path)}


def verdict(server: RunningServer, *, over_uds: bool) -> object:
    with server.client(over_uds=over_uds) as client:
        answer = client.post("/v1/classify", json=BODY)
        assert answer.status_code == 200
        return answer.json()["items"][0]["categories"]


def test_it_answers_on_its_address_and_on_its_socket(environment, path, tmp_path):
    with RunningServer(environment | {"TIDEGATE_UDS_MODE": "600"}, tmp_path / "log") as server:
        assert verdict(server, over_uds=True) == verdict(server, over_uds=False)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert f"ready on {path}" in server.log.read_text()
    assert not path.exists()


def test_it_may_listen_on_its_socket_alone(environment, path, tmp_path):
    with RunningServer(environment | {"TIDEGATE_TCP": "false"}, tmp_path / "log") as server:
        assert verdict(server, over_uds=True)
        with pytest.raises(httpx.ConnectError):
            httpx.get(server.url + "/health/live")
        server.terminate()
        assert server.process.wait(40) == 0
        assert not path.exists()


def test_what_a_killed_server_left_does_not_keep_the_next_one_from_starting(environment, path, tmp_path):
    alone = environment | {"TIDEGATE_TCP": "false"}
    with RunningServer(alone, tmp_path / "first") as first:
        first.process.send_signal(signal.SIGKILL)
        first.process.wait(40)
        assert path.exists()
    with RunningServer(alone, tmp_path / "second") as second:
        assert verdict(second, over_uds=True)


def test_a_second_server_on_the_socket_of_a_first_does_not_start(environment, path, tmp_path):
    with RunningServer(environment, tmp_path / "first") as first:
        with pytest.raises(RuntimeError, match=f"tidegate: cannot listen on {path} .*: another process listens there"):
            RunningServer(environment, tmp_path / "second")
        assert verdict(first, over_uds=True)


def test_the_guides_probe_asks_the_socket(environment, path, tmp_path):
    guide = (Path(__file__).parents[2] / "docs/guides/sidecar.md").read_text("utf-8")
    lines = guide.partition("    - |\n")[2].partition("```")[0]
    probe = textwrap.dedent(lines).replace("/run/tidegate/gate.sock", str(path))
    with RunningServer(environment | {"TIDEGATE_DRAIN_SECONDS": "600"}, tmp_path / "log") as server:
        assert subprocess.run([sys.executable, "-c", probe], check=False, timeout=60).returncode == 0
        server.terminate()
        until(lambda: subprocess.run([sys.executable, "-c", probe], check=False, timeout=60).returncode == 1)
        assert verdict(server, over_uds=True)
        server.terminate()


def test_the_openai_client_asks_over_the_socket(environment, path: Path, tmp_path):
    with RunningServer(environment, tmp_path / "log"):
        transport = httpx.HTTPTransport(uds=str(path))
        with openai.OpenAI(
            base_url="http://tidegate/v1", api_key="unused", http_client=httpx.Client(transport=transport)
        ) as client:
            (found,) = client.moderations.create(input="hello big world").results
            assert found.flagged in (True, False)
            assert found.category_scores.violence > 0
