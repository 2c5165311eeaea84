"""What was decided lately, counted and drawn."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.signed import Signed, evaluation_file


@pytest.fixture
def busy(signed: Callable[..., Signed], tmp_path: Path) -> Signed:
    """A server with an evaluation, after some traffic of two tenants: 40 decisions, 10 of them from the cache."""
    found = signed(TIDEGATE_EVALUATION=str(evaluation_file(tmp_path)))
    for tenant, texts in (("acme", [f"hello {i}" for i in range(20)]), ("", [f"weapon {i % 10}" for i in range(20)])):
        for text in texts:
            found.classify({"text": text, "role": "prompt"}, tenant)
    assert found.decisions() == 40
    return found


def test_traffic_is_counted_and_drawn(visit: Visit, busy: Signed) -> None:
    watched = visit("traffic", url=busy.url, key=busy.key)
    page = watched.page
    tiles = page.locator(".tiles")
    for name, value in (("Decisions", "40"), ("Blocked", "50.0 %"), ("From the cache", "25.0 %"), ("Degraded", "0")):
        expect(tiles.locator("div", has=page.get_by_text(name, exact=True)).locator("dd")).to_have_text(value)
    expect(page.get_by_role("img", name="Verdicts over time: allow 20, flag 0, review 0, block 20.")).to_be_visible()
    expect(page.get_by_role("img", name="Cache hits over time: 25.0 % of all.")).to_be_visible()
    for chart in page.locator(".chart canvas").all():
        assert chart.evaluate(
            "each => each.getContext('2d').getImageData(0, 0, each.width, each.height).data.some(Boolean)"
        )
    weapons = page.get_by_role("row", name="Guns and Illegal Weapons")
    expect(weapons).to_contain_text("20")
    weapons.get_by_role("button").click()
    expect(
        page.get_by_role("img", name="Scores of Guns and Illegal Weapons: 20 of 40 are 0.5 or more.")
    ).to_be_visible()
    acme = page.get_by_role("region", name="Decisions by tenant").get_by_role("row", name="acme")
    expect(acme).to_have_text("acme200 %0 %0 %0 %")
    watched.shot("traffic")
    assert watched.violations() == []
    page.get_by_role("combobox", name="Tenant").select_option("acme")
    expect(tiles.locator("dd").first).to_have_text("20")
    page.get_by_text("Verdicts as a table").click()
    assert watched.violations() == []


def test_it_goes_on_by_itself(visit: Visit, busy: Signed) -> None:
    watched = visit("traffic", url=busy.url, key=busy.key, scheme="dark", width=360)
    first = watched.page.locator(".tiles dd").first
    expect(first).to_have_text("40")
    busy.verdict("one more")
    expect(first).to_have_text("41")
    assert watched.overflow() == 0
    watched.shot("traffic-dark-phone")
    assert watched.violations() == []


@pytest.mark.parametrize("width", [360, 800, 1200, 1600])
def test_figures_have_room_at_every_width(visit: Visit, busy: Signed, width: int) -> None:
    watched = visit("traffic", url=busy.url, key=busy.key, width=width)
    page = watched.page
    expect(page.locator(".tiles dd").first).to_have_text("40")
    assert watched.overflow() == 0
    clipped = "each => each.scrollWidth > each.clientWidth"
    for place in (*page.locator(".tiles > div").all(), page.get_by_role("region", name="Decisions by category")):
        assert not place.evaluate(clipped)
    # A share stands in one line; a table that is folded has none.
    lines = """all => all.map(each => {
        const range = document.createRange();
        range.selectNodeContents(each);
        return range.getClientRects().length;
    })"""
    assert set(page.locator(".dense td.number").evaluate_all(lines)) == {0, 1}
    watched.shot(f"traffic-{width}")
