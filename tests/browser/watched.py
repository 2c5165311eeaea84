"""A page that is watched: what it logs, whom it asks, what it pops up, where it injects."""

from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, expect

ROOT = Path(__file__).parents[2]
SHOTS = Path(__file__).parent / "shots"
AXE = ROOT / "console" / "node_modules" / "axe-core" / "axe.min.js"
# A refused request is logged by the browser itself, as an error that no page can keep back.
_REFUSED = "Failed to load resource: the server responded with a status of 4"


class Watched:
    """One page of the console in a context of its own. `close` raises AssertionError for what went wrong in it."""

    def __init__(self, browser: Browser, url: str, path: str, *, key: str, scheme: str, width: int) -> None:
        self.url = url
        self.wrong: list[str] = []
        self.context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=url)
        self.context.set_default_timeout(60_000)
        self.page: Page = self.context.new_page()
        self.page.on("console", self._logged)
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("dialog", self._popped_up)
        self.page.on("request", self._asked)
        self.page.on("popup", lambda popup: self.wrong.append("a window was opened"))
        if key:
            self.page.goto(f"{url}/console/icon.svg")
            self.page.evaluate("key => sessionStorage.setItem('tidegate-key', key)", key)
        self.go(path)

    def go(self, path: str) -> None:
        """Open a page of the console by its address after the hash."""
        self.page.goto(f"{self.url}/console#/{path}")
        self.page.locator("h1").first.wait_for()

    def close(self) -> None:
        """Close the page. Raises AssertionError when anything went wrong on it."""
        injected = self.injected()
        self.context.close()
        assert self.wrong == [], self.wrong
        assert injected == 0, "what somebody wrote has become part of the page"

    def injected(self) -> int:
        """Return how many elements there are that only markup from elsewhere could have made."""
        return self.page.locator("main script, main iframe, main [onerror], main [onload], main svg[onload]").count()

    def shot(self, name: str) -> None:
        """Keep a picture of the whole page as shots/NAME.png."""
        SHOTS.mkdir(exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)

    def violations(self) -> list[str]:
        """Return what axe-core finds wrong: rule and element, none of the page's text."""
        self.page.evaluate(AXE.read_text("utf-8"))
        found = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{each['id']}: {node['target']} {node.get('failureSummary', '')}"
            for each in found["violations"]
            for node in each["nodes"]
        ]

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def _logged(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_REFUSED):
            self.wrong.append(f"{message.type}: {message.text}")

    def _popped_up(self, dialog: Dialog) -> None:
        self.wrong.append("a dialog popped up")
        dialog.dismiss()

    def _asked(self, request: Request) -> None:
        asked, ours = urlsplit(request.url), urlsplit(self.url)
        if asked.scheme != "data" and (asked.scheme, asked.netloc) != (ours.scheme, ours.netloc):
            self.wrong.append(f"asked {asked.scheme}://{asked.netloc}")


def because(page: Page, verb: str, reason: str) -> None:
    """Give the reason that the open dialog asks for."""
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill(reason)
    dialog.get_by_role("button", name=verb, exact=True).click()
    expect(dialog).to_have_count(0)
