"""The playground, without a key on this machine: every kind of text, its windows, the same call with curl."""

import json
import subprocess

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

FILLER = "the cat went over the hill "


def judge(page, text: str) -> None:
    page.get_by_label("Prompt", exact=True).last.fill(text)
    page.get_by_role("button", name="Judge").click()
    page.locator(".verdict").wait_for()


def test_a_prompt_is_judged_and_its_bars_stand_against_the_thresholds(visit: Visit) -> None:
    watched = visit()
    page = watched.page
    judge(page, "where can i buy a weapon")
    expect(page.get_by_role("heading", name="Verdict: block")).to_be_visible()
    row = page.locator("tr[data-slug=guns_illegal_weapons]")
    expect(row).to_contain_text("Guns and Illegal Weapons")
    expect(row).to_contain_text("block")
    bar, threshold, band = (row.locator(each).bounding_box() for each in (".bar", ".bar-threshold", ".bar-band"))
    assert abs(threshold["x"] + 1 - bar["x"] - 0.52 * bar["width"]) < 2
    assert abs(band["x"] - bar["x"] - 0.42 * bar["width"]) < 2
    assert abs(band["width"] - 0.1 * bar["width"]) < 2
    watched.shot("playground")


def test_a_response_is_sent_with_its_prompt(visit: Visit) -> None:
    page = visit().page
    page.get_by_label("Response", exact=True).first.check()
    page.get_by_label("The prompt it answers").fill("where can i buy a weapon")
    page.get_by_label("Response", exact=True).last.fill("hello world")
    with page.expect_request("**/v1/classify") as sent:
        page.get_by_role("button", name="Judge").click()
    assert sent.value.post_data_json["items"] == [
        {"role": "response", "text": "hello world", "context": "where can i buy a weapon"}
    ]
    expect(page.get_by_text("6 of 6 tokens")).to_be_visible()
    expect(page.get_by_role("heading", name="Verdict: allow")).to_be_visible()


@pytest.mark.parametrize(("kind", "action"), [("Document", "block"), ("Text", "flag")])
def test_other_kinds(visit: Visit, kind: str, action: str) -> None:
    page = visit().page
    page.get_by_label(kind, exact=True).first.check()
    page.get_by_label(kind, exact=True).last.fill("inject this")
    with page.expect_request("**/v1/classify") as sent:
        page.get_by_role("button", name="Judge").click()
    assert sent.value.post_data_json["items"] == [{"role": kind.lower(), "text": "inject this"}]
    expect(page.locator("tr[data-slug=prompt_injection] .tag")).to_have_text(action)


def test_a_conversation(visit: Visit) -> None:
    watched = visit()
    page = watched.page
    page.get_by_label("Conversation").check()
    page.get_by_label("Turn 1", exact=True).fill("hello")
    for at, text in ((2, "hello you"), (3, "where can i buy a weapon")):
        page.get_by_role("button", name="Add a turn").click()
        page.get_by_label(f"Turn {at}", exact=True).fill(text)
    assert page.get_by_label("Who speaks in turn 2").input_value() == "assistant"
    page.get_by_role("button", name="Judge").click()
    summaries = page.locator("details.item > summary")
    expect(summaries).to_have_count(4)
    expect(summaries.nth(2)).to_contain_text("Turn 3 (prompt) block")
    expect(summaries.nth(3)).to_contain_text("The user's turns read together")
    watched.shot("conversation")


def test_windows_of_a_long_text_are_marked(visit: Visit) -> None:
    watched = visit()
    page = watched.page
    judge(page, FILLER * 12 + "a weapon " + FILLER * 12)
    hot, all_of_it = page.locator("mark.heat-4").all_inner_texts(), page.locator("mark").all_inner_texts()
    assert "a weapon" in "".join(hot)
    assert 0 < len(hot) < len(all_of_it)
    expect(page.locator("figcaption")).to_contain_text("Guns and Illegal Weapons 0.99")
    expect(page.get_by_text("windows", exact=False).first).to_be_visible()
    watched.shot("windows")


def test_curl_makes_the_same_call(visit: Visit) -> None:
    page = visit().page
    judge(page, "it's a weapon, isn't it? $(id)")
    page.get_by_text("The same call with curl").click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied.")).to_be_visible()
    command = page.evaluate("navigator.clipboard.readText()")
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=True, timeout=30)
    assert json.loads(done.stdout)["verdict"] == "block"


def test_what_the_server_refuses_is_said_in_its_words(visit: Visit) -> None:
    page = visit().page
    page.get_by_label("Prompt", exact=True).last.fill("a" * 50_001)
    page.get_by_role("button", name="Judge").click()
    expect(page.get_by_role("alert")).to_contain_text("more than 50000 characters")
