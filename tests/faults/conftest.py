"""Servers to be treated badly. Whatever is done to one, it ends well and has logged neither a traceback nor a text."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.watched import SECRET, WatchedServer


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[..., WatchedServer]]:
    """Start `tidegate serve` with the given TIDEGATE_ variables, the shipped bundle if they name none."""
    started: list[WatchedServer] = []

    def start(**variables: str) -> WatchedServer:
        # A busy machine is no overload: nothing may be refused for how long it would have to wait.
        environment = {"TIDEGATE_LOG_LEVEL": "debug", "TIDEGATE_MAX_WAIT_MS": "3600000", **variables}
        started.append(WatchedServer(environment, tmp_path / f"server-{len(started)}.log"))
        return started[-1]

    yield start
    ends = [server.stop() for server in started]
    assert ends == [0] * len(started)
    for server in started:
        log = server.log.read_text()
        assert "Traceback" not in log
        assert SECRET not in log
