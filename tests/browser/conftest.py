"""A real Chromium on a real `tidegate serve`. Every page is watched: see watched.py."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.signed import Signed, created_key
from tests.browser.watched import Watched
from tests.running import RunningServer

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "service" / "console" / "built" / "index.html"
NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)

# A site's name that has come to mean this machine.
REBOUND = "rebound.example"

Visit = Callable[..., Watched]
# A busy machine fails no test: what is expected of a page has longer than Playwright's five seconds.
expect.set_options(timeout=60_000)


@pytest.fixture(autouse=True)
def no_blocking() -> None:
    """The service has a process of its own here; what blocks is Playwright."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium of CHROMIUM, else the one on the path; without one, nothing here can run."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.exit("these tests need Chromium: apt-get install chromium, or CHROMIUM=/path/to/it", returncode=2)
    if not BUILT.is_file():
        pytest.exit("these tests need the console: make console builds it", returncode=2)
    with sync_playwright() as playwright:
        arguments = [*ARGUMENTS.split(), f"--host-resolver-rules=MAP {REBOUND} 127.0.0.1"]
        opened = playwright.chromium.launch(executable_path=found, args=arguments)
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Browser, server: RunningServer, serve: Callable[..., RunningServer]) -> Iterator[Visit]:
    """Open pages of the console; after the test, each must have been quiet and have asked nobody but the server.

    `serve` comes before it, so that pages are closed before the servers that they ask again and again are stopped.
    """
    opened: list[Watched] = []

    def visit(path: str = "", *, url: str = server.url, key: str = "", scheme: str = "light", width: int = 1280):
        opened.append(Watched(browser, url, path, key=key, scheme=scheme, width=width))
        return opened[-1]

    yield visit
    for each in opened:
        each.close()


@pytest.fixture
def signed(serve: Callable[..., RunningServer], tmp_path: Path) -> Iterator[Callable[..., Signed]]:
    """Start a server whose state is the test's own, with one key of the scope admin."""
    opened: list[Signed] = []

    def start(**variables: str) -> Signed:
        state = str(tmp_path / "state.db")
        server = serve(TIDEGATE_STATE=state, **variables)
        opened.append(Signed(server, created_key(server.url, state)))
        return opened[-1]

    yield start
    for each in opened:
        each.close()


@pytest.fixture
def here(signed: Callable[..., Signed]) -> Signed:
    """Such a server with the defaults."""
    return signed()
