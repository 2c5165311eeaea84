"""Keys with real processes: made by the command, asked for by the server, sent by real clients."""

import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import openai
import pytest

from tests.running import RunningServer, until
from tests.service.access.conftest import BODY
from tests.service.access.test_caller import KEYS, NO_KEYS

Serve = Callable[..., RunningServer]


def tidegate(state: str, *arguments: str) -> str:
    """Run `tidegate keys` beside the servers and return what it prints."""
    command = [sys.executable, "-m", "service.cli", "keys", *arguments]
    ran = subprocess.run(command, env={"TIDEGATE_STATE": state}, capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def status(server: RunningServer, key: str | None = None, url: str | None = None) -> int:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return httpx.post((url or server.url) + "/v1/classify", json=BODY, headers=headers).status_code


@pytest.fixture(params=["sqlite", "redis"])
def state(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "state.db") if request.param == "sqlite" else request.getfixturevalue("redis_url")


def test_a_key_opens_and_a_revoked_one_closes_every_replica(serve: Serve, state: str) -> None:
    replicas = [serve(TIDEGATE_STATE=state, TIDEGATE_LOG_LEVEL="debug") for _ in range(2)]
    assert [status(each) for each in replicas] == [200, 200]
    key = tidegate(state, "create", "--scope", "admin")
    for each in replicas:
        until(lambda each=each: status(each) == 401)
        assert status(each, key) == 200
    tidegate(state, "revoke", key.split("_")[1])
    for each in replicas:
        until(lambda each=each: status(each, key) == 401)
        assert status(each) == 401
    for each in replicas:
        each.stop()
        assert key not in each.log.read_text()
        assert key.split("_")[2] not in each.log.read_text()


def test_the_state_holds_a_hash_and_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    secret = tidegate(str(path), "create").split("_")[2]
    with sqlite3.connect(path) as connection:
        ((entry,),) = connection.execute("SELECT entry FROM journal")
    connection.close()
    assert b'"hash":"' in entry
    assert secret.encode() not in entry
    for each in tmp_path.iterdir():
        assert secret.encode() not in each.read_bytes()


def test_openais_client_sends_a_key_of_ours(serve: Serve, tmp_path: Path) -> None:
    state = str(tmp_path / "state.db")
    server = serve(TIDEGATE_STATE=state)
    key, other = tidegate(state, "create"), tidegate(state, "create", "--scope", "feedback")
    until(lambda: status(server, other) == 403)
    with openai.OpenAI(base_url=server.url + "/v1", api_key=key, max_retries=0) as client:
        assert client.moderations.create(input="a weapon").results[0].flagged is True
    client = openai.OpenAI(base_url=server.url + "/v1", api_key="sk-unused", max_retries=0)
    with client, pytest.raises(openai.AuthenticationError) as unknown:
        client.moderations.create(input="hello")
    assert (unknown.value.status_code, unknown.value.code, unknown.value.body["message"]) == (401, "unauthorized", KEYS)
    client = openai.OpenAI(base_url=server.url + "/v1", api_key=other, max_retries=0)
    with client, pytest.raises(openai.PermissionDeniedError) as lacking:
        client.moderations.create(input="hello")
    assert (lacking.value.status_code, lacking.value.code) == (403, "forbidden")


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """An address of this machine that is not loopback: who asks it comes from it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("203.0.113.1", 9))  # nothing is sent
        except OSError:
            pytest.skip("this machine has no address but loopback")
        yield probe.getsockname()[0]


def test_who_asks_over_the_network_is_refused_until_told_otherwise(serve: Serve, elsewhere: str) -> None:
    server = serve(TIDEGATE_HOST="0.0.0.0")
    url = f"http://{elsewhere}:{server.port}"
    assert status(server) == 200
    assert status(server, url=url) == 401
    answer = httpx.post(url + "/v1/classify", json=BODY, headers={"X-Forwarded-For": "127.0.0.1", "Host": "localhost"})
    assert (answer.status_code, answer.json()["detail"]) == (401, NO_KEYS)
    assert httpx.get(url + "/health/ready").status_code == 200
    server = serve(TIDEGATE_HOST="0.0.0.0", TIDEGATE_ANONYMOUS="anywhere")
    assert status(server, url=f"http://{elsewhere}:{server.port}") == 200


def test_ipv4_in_ipv6_is_loopback_too(serve: Serve) -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    server = serve(TIDEGATE_HOST="::")
    assert status(server) == 200
    assert status(server, url=f"http://[::1]:{server.port}") == 200


def test_a_unix_socket_needs_no_key_until_there_is_one(serve: Serve, tmp_path: Path) -> None:
    state = str(tmp_path / "state.db")
    server = serve(TIDEGATE_STATE=state, TIDEGATE_UDS=str(tmp_path / "gate.sock"))
    with server.client(over_uds=True) as client:
        assert client.post("/v1/classify", json=BODY).status_code == 200
        assert client.post("/v1/classify", json=BODY, headers={"Via": "1.1 gateway"}).status_code == 401
        key = tidegate(state, "create")
        until(lambda: client.post("/v1/classify", json=BODY).status_code == 401)
        headers = {"authorization": f"Bearer {key}"}
        assert client.post("/v1/classify", json=BODY, headers=headers).status_code == 200
