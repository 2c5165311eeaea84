"""Texts that would like to be markup or scripts stay texts, whoever wrote them."""

from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.signed import Signed

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    "{{constructor.constructor('alert(1)')()}}",
    "</textarea><iframe srcdoc='<script>parent.alert(1)</script>'>",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_shown_as_it_is(visit: Visit, text: str) -> None:
    page = visit().page
    page.get_by_label("Conversation").check()
    page.get_by_label("Turn 1", exact=True).fill(text + " weapon")
    page.get_by_role("button", name="Add a turn").click()
    page.get_by_label("Turn 2", exact=True).fill(text)
    page.get_by_role("button", name="Judge").click()
    expect(page.locator(".excerpt").first).to_have_text((text + " weapon")[:80])


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_address_is_no_page(visit: Visit, text: str) -> None:
    visit(f"policies/{quote(text, safe='')}")
    visit(quote(text, safe=""))


def test_hostile_descriptions_reasons_and_tenants(visit: Visit, here: Signed, tmp_path: Path) -> None:
    everything = " ".join(HOSTILE)
    document = {"description": everything, "on_error": "open", "defaults": {"threshold": 0.7, "action": "flag"}}
    here.save("mine", document, everything)
    here.save("mine", {**document, "description": "other"}, everything)
    tag = here.http.get("/v1/policies/mine").headers["ETag"]
    activated = {"version": 1, "reason": everything}
    assert here.http.post("/v1/policies/mine/activate", json=activated, headers={"If-Match": tag}).status_code == 200
    for tenant in HOSTILE:
        here.classify({"text": "a weapon"}, tenant, policy="mine")
    here.decisions()

    listed = visit("policies", url=here.url, key=here.key).page
    expect(listed.get_by_role("listitem").filter(has_text="mine").locator("p")).to_have_text(everything)
    one = visit("policies/mine", url=here.url, key=here.key).page
    expect(one.locator(".lead")).to_have_text(everything)
    expect(one.locator(".why").first).to_have_text(everything)
    one.get_by_role("button", name="Compare version 2").click()
    expect(one.locator(".changes td").first).to_have_text(everything)
    traffic = visit("traffic", url=here.url, key=here.key, width=360)
    table = traffic.page.get_by_role("region", name="Decisions by tenant")
    for tenant in HOSTILE:
        expect(table.get_by_role("rowheader", name=tenant, exact=True)).to_be_visible()
    traffic.page.get_by_role("combobox", name="Tenant").select_option(HOSTILE[1])
    expect(table.get_by_role("row")).to_have_count(len(HOSTILE) + 1)
    assert traffic.overflow() == 0
    assert traffic.violations() == []
    traffic.shot("hostile-traffic")


def test_a_hostile_evaluation_is_refused_or_drawn(visit: Visit, here: Signed, tmp_path: Path) -> None:
    page = visit("policies/default", url=here.url, key=here.key).page
    path = tmp_path / "evaluation.json"
    path.write_text('{"kind": "evaluation", "curves": {"<img src=x onerror=alert(1)>": {}}}')
    page.get_by_label("Open an evaluation").set_input_files(path)
    expect(page.get_by_role("alert")).to_contain_text("It is no evaluation as tidegate tune --evaluation writes it.")
    path.write_text('{"made": "<img src=x onerror=alert(1)>", "data": "", "model": "", "rows": 3, "curves": {}}')
    page.get_by_label("Open an evaluation").set_input_files(path)
    expect(page.get_by_text("Curves: 3 labelled rows, <img src=x onerror=alert(1)>.")).to_be_visible()
