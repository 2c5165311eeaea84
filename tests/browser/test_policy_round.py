"""A policy changed by looking: move a slider, see the flips, save, activate, see the verdict over HTTP, roll back."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.signed import Signed, evaluation_file
from tests.browser.watched import because
from tests.bundles import WORDS


def unsure(here: Signed, most: int) -> list[str]:
    """Return prompts whose harassment is just below its threshold of 0.5, hence to review."""
    found = []
    for word in WORDS.split():
        text = f"unsure {word}"
        if here.verdict(text) == "review":
            found.append(text)
        if len(found) == most:
            return found
    raise AssertionError("the tiny bundle is another")


def slide(page: Page, slug: str, to: float) -> None:
    """Move a slider as a hand does, step by step."""
    slider = page.locator(f"li[data-slug={slug}] input[type=range]")
    slider.focus()
    steps = round((to - float(slider.input_value())) * 100)
    for _ in range(abs(steps)):
        page.keyboard.press("ArrowRight" if steps > 0 else "ArrowLeft")
    assert float(slider.input_value()) == pytest.approx(to)


def test_the_whole_round(visit: Visit, here: Signed, tmp_path: Path) -> None:
    text, *_ = unsure(here, 12)
    assert {here.verdict(f"hello {i}") for i in range(20)} == {"allow"}
    decided = here.decisions()
    watched = visit("policies", url=here.url, key=here.key)
    page = watched.page
    page.get_by_role("link", name="default", exact=True).click()
    page.get_by_label("Open an evaluation").set_input_files(evaluation_file(tmp_path))
    row = page.locator("li[data-slug=harassment]")
    # The band of 0.1 below the threshold goes to review, and is not counted as blocked.
    expect(row.locator(".outcome")).to_have_text(
        "Rows with it: 71 of 100 blocked (71.0 %), 15 to review (15.0 %). "
        "Without it: 286 of 1,000 blocked (28.6 %), 143 to review (14.3 %)."
    )
    row.get_by_role("button", name="More").click()
    expect(row.get_by_role("img")).to_be_visible()

    slide(page, "harassment", 0.3)
    expect(row).to_contain_text("Rows with it: 100 of 100 blocked (100 %).")
    flips = page.get_by_role("region", name="What flips")
    expect(flips.get_by_role("status")).to_have_text(
        f"12 of the last {decided} decisions would have another verdict: 12 more blocked and 12 fewer to review."
    )
    expect(flips.get_by_role("row", name="review block")).to_have_text("reviewblock12")
    draft = page.get_by_role("region", name="Your draft")
    expect(draft.get_by_role("row").nth(1)).to_have_text("Harassment, threshold0.50.3")
    watched.shot("policy-draft")
    assert watched.violations() == []

    page.get_by_role("button", name="Save as a version").click()
    because(page, "Save", "harassment slipped through")
    expect(page.get_by_text("Saved as version 1.")).to_be_visible()
    assert here.verdict(text) == "review"  # saved, and not in force
    page.get_by_role("button", name="Activate version 1").click()
    because(page, "Activate", "as agreed on Monday")
    expect(page.get_by_text("Version 1 is in force.")).to_be_visible()
    assert here.verdict(text) == "block"
    expect(page.get_by_role("region", name="Versions")).to_contain_text("harassment slipped through")
    expect(row.get_by_label("Threshold of Harassment", exact=True)).to_have_value("0.3")
    watched.shot("policy-active")

    slide(page, "harassment", 0.9)
    page.get_by_role("button", name="Save as a version").click()
    because(page, "Save", "too much was blocked")
    page.get_by_role("button", name="Activate version 2").click()
    because(page, "Activate", "try it")
    assert here.verdict(text) == "allow"
    page.get_by_role("button", name="Roll back to version 1").click()
    because(page, "Roll back", "too mild")
    expect(page.get_by_text("Version 1 is in force.")).to_be_visible()
    assert here.verdict(text) == "block"
    page.get_by_role("button", name="Back to what ships under this name").click()
    because(page, "Roll back", "start again")
    expect(page.get_by_text("What ships is in force.")).to_be_visible()
    assert here.verdict(text) == "review"


def test_what_is_not_compared_is_said(visit: Visit, here: Signed) -> None:
    text, *_ = unsure(here, 1)
    here.classify({"text": text}, thresholds={"hate": 0.9})
    here.classify({"text": text}, thresholds={"hate": 0.8})
    here.classify({"text": text}, policy="strict")
    decided = here.decisions()
    watched = visit("policies/default", url=here.url, key=here.key)
    slide(watched.page, "harassment", 0.3)
    flips = watched.page.get_by_role("region", name="What flips")
    expect(flips.get_by_role("status")).to_contain_text(f"1 of the last {decided - 3} decisions")
    expect(flips).to_contain_text(
        f"Not among them, of {decided} that are remembered: 1 by other policies and 2 with thresholds of their own."
    )
    watched.go("traffic")
    expect(watched.page.locator(".tiles dd").first).to_have_text(str(decided))


def test_who_saves_second_loses_nothing(visit: Visit, here: Signed) -> None:
    watched = visit("policies/default", url=here.url, key=here.key)
    page = watched.page
    slide(page, "harassment", 0.4)
    theirs = {"description": "x", "on_error": "open", "defaults": {"threshold": 0.7, "action": "flag"}}
    here.save("default", theirs, "somebody was quicker")
    page.get_by_role("button", name="Save as a version").click()
    because(page, "Save", "mine")
    conflict = page.get_by_role("alert")
    expect(conflict).to_contain_text("Somebody saved meanwhile")
    expect(conflict).to_contain_text("The newest version is 1")
    expect(conflict).to_contain_text("somebody was quicker")
    expect(conflict.get_by_role("region", name="Your changes, not saved")).to_contain_text("Harassment, threshold")
    expect(conflict.get_by_role("region", name="What they saved")).to_contain_text("Violence, threshold0.50.7")
    watched.shot("conflict")
    assert watched.violations() == []
    expect(page.get_by_role("button", name="Save as a version")).to_be_disabled()
    page.get_by_role("button", name="Put mine on top of theirs").click()
    expect(conflict).to_have_count(0)
    page.get_by_role("button", name="Save as a version").click()
    because(page, "Save", "mine, on top")
    expect(page.get_by_text("Saved as version 2.")).to_be_visible()
    saved = here.http.get("/v1/policies/default/versions/2").json()["rules"]["prompt"]
    assert (saved["harassment"]["threshold"], saved["violence"]["threshold"]) == (0.4, 0.7)
    assert (saved["harassment"]["action"], saved["violence"]["action"]) == ("flag", "flag")


def test_versions_compare_and_download(visit: Visit, here: Signed) -> None:
    document = {"description": "x", "on_error": "open", "defaults": {"threshold": 0.7, "action": "flag"}}
    here.save("mine", document, "first")
    here.save("mine", {**document, "categories": {"hate": {"threshold": 0.2}}}, "second")
    watched = visit("policies/mine", url=here.url, key=here.key)
    page = watched.page
    expect(page.get_by_text("None of its versions is in force.")).to_be_visible()
    compare = page.get_by_role("button", name="Compare version 2")
    expect(compare).to_have_count(0)
    page.get_by_role("button", name="Activate version 1").click()
    because(page, "Activate", "go")
    compare.click()
    expect(page.get_by_role("region", name="From the one in force to version 2")).to_contain_text(
        "Hate/\u200bIdentity Hate, threshold"
    )
    with page.expect_download() as downloaded:
        page.get_by_role("button", name="Download version 2 as YAML").click()
    assert downloaded.value.suggested_filename == "mine-2.yaml"
    written = Path(downloaded.value.path()).read_text("utf-8")
    assert "hate:" in written
    answer = here.http.post(
        "/v1/policies/mine/versions",
        content=written,
        headers={"Content-Type": "application/yaml", "If-Match": here.http.get("/v1/policies/mine").headers["ETag"]},
    )
    assert answer.status_code == 201


def test_a_version_in_shadow_counts_disagreements(visit: Visit, here: Signed) -> None:
    document = {"description": "x", "on_error": "open", "defaults": {"threshold": 0.99, "action": "flag"}}
    here.save("default", document, "nothing at all")
    watched = visit("policies/default", url=here.url, key=here.key)
    page = watched.page
    text, *_ = unsure(here, 1)
    page.get_by_role("button", name="Put version 1 in shadow").click()
    because(page, "Put in shadow", "let us see")
    expect(page.get_by_text("Version 1 is in shadow.")).to_be_visible()
    assert here.verdict(text) == "review"  # shadow decides nothing
    shadow = page.get_by_role("region", name="Version 1 in shadow")
    expect(shadow).to_contain_text("milder for 1, graver for 0")
    expect(shadow.get_by_role("row", name="Harassment")).to_have_text("Harassmentreviewallow1")
    watched.shot("shadow")
    assert watched.violations() == []
    page.get_by_role("button", name="End shadow of version 1").click()
    because(page, "End it", "seen")
    expect(page.get_by_text("The shadow has ended.")).to_be_visible()
    expect(shadow).to_have_count(0)
