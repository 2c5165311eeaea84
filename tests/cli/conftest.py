"""The command in this process: what it prints, and the status it ends with."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from service.cli import main

Tidegate = Callable[..., Result]


@pytest.fixture
def tidegate(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tidegate]:
    """Run `tidegate ARGUMENTS` with the tiny bundle and the given TIDEGATE_ variables."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str | Path, stdin: str | bytes = b"", **variables: str) -> Result:
        environment = {"TIDEGATE_BUNDLE": str(tiny_bundle), "TIDEGATE_THREADS": "1", "TIDEGATE_PORT": "0", **variables}
        return CliRunner().invoke(main, [str(each) for each in arguments], input=stdin, env=environment)

    handler = signal.getsignal(signal.SIGTERM)
    yield run
    signal.signal(signal.SIGTERM, handler)  # `serve` sets one, and this process is not it
