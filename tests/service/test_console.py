"""/console: its files, what the browser is told of them, and what is said when they were not built."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from service.console.built import read_built
from service.console.headers import HEADERS, POLICY
from service.console.routes import console_routes
from service.http.faults import to_response
from tests.running import RunningServer

PAGE = b"<!doctype html><title>t</title>"
SCRIPT = "main-ABCD1234.js"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a build leaves, and files that are not the console's."""
    (tmp_path / "index.html").write_bytes(PAGE)
    (tmp_path / SCRIPT).write_bytes(b"1;")
    (tmp_path / "icon.svg").write_bytes(b"<svg/>")
    (tmp_path / "notes.yaml").write_bytes(b"a: 1")
    (tmp_path / "outside").symlink_to("/etc")
    return tmp_path


def client(folder: Path) -> TestClient[Litestar]:
    app = Litestar([console_routes(read_built(folder))], exception_handlers={Exception: to_response})
    return TestClient(app)


@pytest.mark.parametrize(
    ("path", "body", "media_type", "caching"),
    [
        ("/console", PAGE, "text/html; charset=utf-8", "no-cache"),
        ("/console/", PAGE, "text/html; charset=utf-8", "no-cache"),
        ("/console/index.html", PAGE, "text/html; charset=utf-8", "no-cache"),
        (f"/console/{SCRIPT}", b"1;", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
        ("/console/icon.svg", b"<svg/>", "image/svg+xml", "no-cache"),
    ],
)
def test_a_file(folder: Path, path: str, body: bytes, media_type: str, caching: str) -> None:
    with client(folder) as http:
        found = http.get(path)
        assert (found.status_code, found.content) == (200, body)
        assert (found.headers["Content-Type"], found.headers["Cache-Control"]) == (media_type, caching)
        assert {name: found.headers[name] for name in HEADERS} == HEADERS
        again = http.get(path, headers={"If-None-Match": found.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["Content-Security-Policy"] == POLICY


@pytest.mark.parametrize(
    "path", ["/console/nothing.js", "/console/notes.yaml", "/console/%2e%2e%2froutes.py", "/console/outside/hostname"]
)
def test_nothing_else_is_served(folder: Path, path: str) -> None:
    with client(folder) as http:
        assert http.get(path).status_code == 404


def test_a_console_that_was_not_built_says_how_to(tmp_path: Path) -> None:
    with client(tmp_path) as http:
        found = http.get("/console")
        assert found.status_code == 404
        assert "<code>make console</code>" in found.text
        assert found.headers["Content-Security-Policy"] == POLICY


def test_scripts_and_styles_come_from_here_alone() -> None:
    rules = dict(rule.split(" ", 1) for rule in POLICY.split("; "))
    assert rules["default-src"] == "'self'"
    assert rules["frame-ancestors"] == "'none'"
    assert not {"script-src", "style-src", "connect-src", "font-src"} & set(rules)
    assert "unsafe" not in POLICY


@pytest.mark.parametrize("variables", [{"TIDEGATE_CONSOLE": "false"}, {"TIDEGATE_PROFILE": "sidecar"}])
def test_it_can_be_left_out(serve: Callable[..., RunningServer], variables: dict[str, str]) -> None:
    server = serve(**variables)
    for path in ("/console", "/console/app.js"):
        found = httpx.get(server.url + path)
        assert (found.status_code, found.json()["detail"]) == (404, "there is no such route: TIDEGATE_CONSOLE is false")


def test_the_service_serves_it(server: RunningServer) -> None:
    found = httpx.get(server.url + "/console")
    assert found.headers["Content-Security-Policy"] == POLICY
