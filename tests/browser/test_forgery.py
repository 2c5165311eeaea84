"""Another site's page in the same browser can make this one do nothing: there is no cookie that would go along."""

import http.server
import threading
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import REBOUND
from tests.running import RunningServer

FORM = """<!doctype html><form id=f method=post enctype=text/plain action="{target}">
<input name='{{"version":0,"reason":"' value='"}}'></form><script>document.getElementById('f').submit()</script>"""
FETCH = """<!doctype html><script>
const headers = {{"Content-Type": "application/json"}};
fetch("{target}", {{method: "POST", credentials: "include", headers, body: "{{}}"}})
  .then(() => (document.title = "read"), () => (document.title = "refused"))
</script>"""
FRAME = """<!doctype html><iframe src="{target}"></iframe>"""


@pytest.fixture
def elsewhere() -> Iterator[http.server.HTTPServer]:
    """A site of its own, whose only page is `page`."""

    class Page(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(self.server.page.encode())  # type: ignore[attr-defined]

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield site
        site.shutdown()


def test_a_form_posted_from_elsewhere_changes_nothing(
    browser: Browser, server: RunningServer, elsewhere: http.server.HTTPServer
) -> None:
    before = httpx.get(server.url + "/v1/policies").json()
    elsewhere.page = FORM.format(target=server.url + "/v1/policies/default/activate")  # type: ignore[attr-defined]
    context = browser.new_context()
    page = context.new_page()
    with page.expect_response("**/activate") as answered:
        page.goto(f"http://localhost:{elsewhere.server_port}/")
    assert answered.value.status == 401
    assert "cookie" not in {name.lower() for name in answered.value.request.all_headers()}
    assert httpx.get(server.url + "/v1/policies").json() == before
    context.close()


def test_a_script_from_elsewhere_reads_nothing(
    browser: Browser, server: RunningServer, elsewhere: http.server.HTTPServer
) -> None:
    elsewhere.page = FETCH.format(target=server.url + "/v1/classify")  # type: ignore[attr-defined]
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"http://localhost:{elsewhere.server_port}/")
    page.wait_for_function("document.title !== ''")
    assert page.title() == "refused"
    context.close()


def test_a_site_whose_name_has_come_to_mean_this_machine_reads_nothing(browser: Browser, server: RunningServer) -> None:
    context = browser.new_context()
    page = context.new_page()
    asked = "path => fetch(path).then(answer => answer.status)"
    for name, status in (("127.0.0.1", 200), (REBOUND, 401)):
        page.goto(f"http://{name}:{server.port}/health/live")
        for path in ("/v1/policies", "/v1/info", "/v1/taxonomy", "/v1/crosswalks"):
            assert page.evaluate(asked, path) == status
    context.close()


def test_the_console_stands_in_nobodys_frame(
    browser: Browser, server: RunningServer, elsewhere: http.server.HTTPServer
) -> None:
    elsewhere.page = FRAME.format(target=server.url + "/console")  # type: ignore[attr-defined]
    context = browser.new_context()
    page = context.new_page()
    with page.expect_console_message(lambda message: "frame-ancestors" in message.text):
        page.goto(f"http://localhost:{elsewhere.server_port}/")
    context.close()


def test_no_answer_sets_a_cookie(server: RunningServer) -> None:
    for path in ("/console", "/v1/policies", "/v1/info"):
        assert "set-cookie" not in httpx.get(server.url + path).headers
