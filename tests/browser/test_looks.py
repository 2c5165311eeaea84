"""Every page for everybody: nothing that axe-core finds wrong in either scheme, and room enough on a phone."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.signed import Signed, evaluation_file

PAGES = {"playground": "", "sign-in": "sign-in", "policies": "policies", "tenants": "tenants", "traffic": "traffic"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(visit: Visit, name: str, scheme: str) -> None:
    watched = visit(PAGES[name], scheme=scheme)
    assert watched.violations() == []
    watched.shot(f"{name}-{scheme}")


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_scrolls_one_way_only(visit: Visit, name: str) -> None:
    watched = visit(PAGES[name], width=360)
    assert watched.overflow() == 0
    watched.shot(f"{name}-phone")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_an_answer(visit: Visit, scheme: str) -> None:
    watched = visit(scheme=scheme)
    page = watched.page
    page.get_by_label("Prompt", exact=True).last.fill(
        "the cat went over the hill " * 20 + "a weapon unsure " + "x" * 90
    )
    page.get_by_role("button", name="Judge").click()
    page.locator(".verdict").wait_for()
    for summary in page.locator("main summary").all():
        summary.click()
    assert watched.violations() == []
    watched.shot(f"answer-{scheme}")
    page.set_viewport_size({"width": 360, "height": 800})
    assert watched.overflow() == 0
    watched.shot(f"answer-{scheme}-phone")


def test_the_switch_wins_over_the_system_and_is_remembered(visit: Visit) -> None:
    watched = visit(scheme="light")
    page = watched.page
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.get_by_label("Colours").select_option("dark")
    dark = page.evaluate(background)
    assert dark != light
    page.reload()
    page.locator("h1").wait_for()
    assert page.evaluate(background) == dark
    expect(page.get_by_label("Colours")).to_have_value("dark")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_policy(visit: Visit, here: Signed, tmp_path: Path, scheme: str) -> None:
    watched = visit("policies/default", url=here.url, key=here.key, scheme=scheme)
    page = watched.page
    page.get_by_label("Open an evaluation").set_input_files(evaluation_file(tmp_path))
    page.get_by_role("button", name="More about Threat").click()
    page.get_by_text("As a table").click()
    page.get_by_label("Threshold of Threat", exact=True).fill("0.2")
    assert watched.violations() == []
    watched.shot(f"policy-{scheme}")
    page.get_by_role("button", name="Save as a version").click()
    assert watched.violations() == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Save as a version")).to_be_focused()
    page.set_viewport_size({"width": 360, "height": 780})
    assert watched.overflow() == 0
    watched.shot(f"policy-{scheme}-phone")


def test_a_policy_is_changed_by_keyboard_alone(visit: Visit, here: Signed, tmp_path: Path) -> None:
    page = visit("policies", url=here.url, key=here.key).page
    assert here.verdict("a hateword") == "block"
    focused = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()"

    def go(to: str) -> None:
        for _ in range(250):
            page.keyboard.press("Tab")
            if page.evaluate(focused) == to:
                return
        raise AssertionError(f"no way by Tab to {to}")

    go("default")
    page.keyboard.press("Enter")
    go("Threshold of Hate/\u200bIdentity Hate")
    page.keyboard.press("End")
    go("Save as a version")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("by keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved as version 1.")).to_be_visible()
    go("Activate version 1")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("by keyboard too")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Version 1 is in force.")).to_be_visible()
    assert here.verdict("a hateword") == "review"  # 0.995 is in the band below 1


def test_a_prompt_is_judged_by_keyboard_alone(visit: Visit) -> None:
    page = visit().page
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")  # the kinds
    page.keyboard.press("Tab")
    page.keyboard.type("a weapon")
    focus = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(focus) == "solid"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Verdict: block")).to_be_visible()
