"""A key is tried, kept in the tab and nowhere else, and forgotten when told to."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.signed import Signed, created_key


def test_signing_in_and_out(visit: Visit, here: Signed) -> None:
    watched = visit("traffic", url=here.url)
    page = watched.page
    page.get_by_role("link", name="Sign in with an API key").click()
    page.get_by_label("API key").fill(f"  {here.key}\n")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Policies")).to_be_visible()
    expect(page.get_by_role("link", name="default", exact=True)).to_be_visible()
    kept = page.evaluate("JSON.stringify({...localStorage}) + document.cookie + location.href + document.title")
    assert here.key not in kept
    page.reload()
    expect(page.get_by_role("link", name="default", exact=True)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("alert")).to_contain_text("API key")
    assert page.evaluate("sessionStorage.length") == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("hello", "A key begins with tg_"),
        ("tg_x_<img src=x onerror=alert(1)>", "A key begins with tg_"),
        ("tg_aaaaaaaaaa_bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "API key"),
    ],
)
def test_what_is_no_key_is_not_kept(visit: Visit, here: Signed, given: str, said: str) -> None:
    page = visit("sign-in", url=here.url).page
    page.get_by_label("API key").fill(given)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text(said)
    assert page.evaluate("sessionStorage.length") == 0


def test_a_key_that_may_only_classify_reads_policies_and_changes_none(
    visit: Visit, here: Signed, tmp_path: Path
) -> None:
    key = created_key(here.url, str(tmp_path / "state.db"), "--scope", "classify")
    watched = visit("policies", url=here.url, key=key)
    expect(watched.page.get_by_role("link", name="default", exact=True)).to_be_visible(timeout=10_000)
    watched.go("policies/default")
    expect(watched.page.get_by_role("alert")).to_contain_text("has not the scope admin")
    watched.go("traffic")
    expect(watched.page.get_by_role("alert")).to_contain_text("has not the scope admin")
    watched.go("")
    watched.page.get_by_label("Prompt", exact=True).last.fill("a weapon")
    watched.page.get_by_role("button", name="Judge").click()
    expect(watched.page.get_by_role("heading", name="Verdict: block")).to_be_visible()
