"""The watch over the pages can see what it is there for."""

import pytest
from playwright.sync_api import Browser

from tests.browser.watched import Watched
from tests.running import RunningServer, until

DEEDS = {
    "a script in the page": "document.body.append(document.createElement('script')); "
    "document.body.lastChild.textContent = '1'",
    "an inline style": "document.head.append(Object.assign(document.createElement('style'), {textContent: 'p{}'}))",
    "markup from a string": "document.querySelector('main').innerHTML = '<b>x</b>'",
    "a request to somebody else": "fetch('http://127.0.0.1:9/').catch(() => 0)",
    "a dialog": "setTimeout(() => alert(1))",
    "an error": "setTimeout(() => { throw new Error('x') })",
    "a handler in the page": "document.querySelector('main h1').setAttribute('onload', '1')",
}


@pytest.mark.parametrize("deed", DEEDS.values(), ids=DEEDS)
def test_it_is_seen(browser: Browser, server: RunningServer, deed: str) -> None:
    watched = Watched(browser, server.url, "", key="", scheme="light", width=800)
    # Of an error in what is evaluated here Playwright tells nobody else.
    watched.page.evaluate(f"() => {{ try {{ {deed} }} catch (error) {{ console.error('refused') }} }}")
    until(lambda: watched.wrong or watched.injected())
    with pytest.raises(AssertionError):
        watched.close()
