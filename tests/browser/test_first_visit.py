"""Whoever comes for the first time is told what to do, with the command."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.signed import Signed
from tests.running import RunningServer


def test_without_any_key(visit: Visit, serve: Callable[..., RunningServer]) -> None:
    watched = visit("traffic", url=serve().url)
    for page in ("traffic", "tenants", "policies/default"):
        watched.go(page)
        alert = watched.page.get_by_role("alert")
        expect(alert).to_contain_text("There is no API key yet, and this takes one;")
        expect(alert.locator("code")).to_have_text("tidegate keys create --scope admin")
        expect(alert.get_by_role("link", name="Sign in with an API key")).to_be_visible()


def test_without_a_journal(visit: Visit, serve: Callable[..., RunningServer]) -> None:
    watched = visit("tenants", url=serve(TIDEGATE_STATE="off").url, width=360)
    alert = watched.page.get_by_role("alert")
    expect(alert).to_contain_text("This takes an API key, and there is no journal to keep one in: start again with")
    expect(alert.locator("code")).to_have_text("TIDEGATE_STATE=state.db tidegate serve")
    assert watched.overflow() == 0


def test_without_recent_decisions(visit: Visit, signed: Callable[..., Signed]) -> None:
    here = signed(TIDEGATE_DECISIONS_RECENT="0")
    watched = visit("traffic", url=here.url, key=here.key)
    command = "TIDEGATE_DECISIONS_RECENT=50000 tidegate serve"
    expect(watched.page.get_by_role("alert").locator("code")).to_have_text(command)
    watched.go("policies/default")
    watched.page.get_by_label("Threshold of Threat", exact=True).fill("0.2")
    flips = watched.page.get_by_role("region", name="What flips").get_by_role("status")
    expect(flips).to_contain_text("TIDEGATE_DECISIONS_RECENT is 0, so no decisions are remembered")
    expect(flips.locator("code")).to_have_text(command)


def test_without_an_evaluation_and_without_traffic(visit: Visit, here: Signed) -> None:
    watched = visit("policies/default", url=here.url, key=here.key, width=360)
    loader = watched.page.locator(".loader")
    expect(loader.locator("code")).to_have_text(
        "tidegate tune rows.csv --objective max_f1 --output mine.yaml --evaluation evaluation.json"
    )
    assert watched.overflow() == 0
    watched.go("traffic")
    page = watched.page
    expect(page.locator(".empty")).to_contain_text("Nothing was decided in this time: judge a text in the playground")
    expect(page.locator(".empty code")).to_contain_text(f"curl {here.url}/v1/classify")
    assert watched.overflow() == 0
    assert watched.violations() == []
    here.verdict("hello")
    expect(page.get_by_text("TIDEGATE_EVALUATION=evaluation.json tidegate serve")).to_be_visible(timeout=20_000)
