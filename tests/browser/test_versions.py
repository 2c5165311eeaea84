"""The versions of a policy: very many of them, somebody quicker than oneself, and the end of the policy."""

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.signed import Signed
from tests.browser.watched import because

MINE = {"description": "x", "on_error": "open", "defaults": {"threshold": 0.7, "action": "flag"}}


def activate(here: Signed, name: str, version: int, reason: str) -> None:
    """Activate a version over HTTP, as somebody else would."""
    tag = here.http.get(f"/v1/policies/{name}").headers["ETag"]
    body = {"version": version, "reason": reason}
    answer = here.http.post(f"/v1/policies/{name}/activate", json=body, headers={"If-Match": tag})
    assert answer.status_code == 200, answer.text


def test_a_policy_is_retired_and_brought_back(visit: Visit, here: Signed) -> None:
    here.save("mine", MINE, "first")
    activate(here, "mine", 1, "go")
    watched = visit("policies/mine", url=here.url, key=here.key, width=360)
    page = watched.page
    retire = page.get_by_role("button", name="Retire this policy")
    retire.click()
    expect(page.get_by_role("dialog")).to_contain_text("Its versions stay, and to activate one brings it back.")
    assert watched.violations() == []
    because(page, "Retire", "nobody has it any more")
    expect(page.get_by_text("The policy is retired: activate a version to bring it back.")).to_be_visible()
    expect(retire).to_have_count(0)
    answer = here.http.post("/v1/classify", json={"items": [{"text": "hello"}], "policy": "mine"})
    assert answer.status_code == 400
    assert watched.overflow() == 0
    watched.shot("policy-retired")
    page.get_by_role("button", name="Activate version 1").click()
    because(page, "Activate", "somebody has")
    expect(page.get_by_text("Version 1 is in force.")).to_be_visible()
    expect(retire).to_be_visible()


def test_what_tenants_have_is_not_retired(visit: Visit, here: Signed) -> None:
    here.save("mine", MINE, "first")
    activate(here, "mine", 1, "go")
    here.http.put("/v1/tenants/acme", json={"policy": "mine"}, headers={"If-None-Match": "*"}).raise_for_status()
    page = visit("policies/mine", url=here.url, key=here.key).page
    page.get_by_role("button", name="Retire this policy").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("try")
    dialog.get_by_role("button", name="Retire", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("1 tenant has this policy; another has to be given first.")


def test_who_retires_second_sees_both_sides(visit: Visit, here: Signed) -> None:
    here.save("mine", MINE, "first")
    activate(here, "mine", 1, "go")
    watched = visit("policies/mine", url=here.url, key=here.key)
    page = watched.page
    page.get_by_role("button", name="Retire this policy").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("mine")
    here.save("mine", {**MINE, "description": "y"}, "somebody was quicker")
    activate(here, "mine", 2, "theirs")
    dialog.get_by_role("button", name="Retire", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("Somebody changed it meanwhile.")
    expect(dialog.get_by_role("row", name="In force")).to_have_text("In forceversion 1version 2")
    expect(dialog.get_by_role("row", name="Newest")).to_contain_text("version 2, somebody was quicker")
    assert here.http.get("/v1/policies/mine").json()["in_force"], "nothing of mine was done"
    assert watched.violations() == []
    watched.shot("retire-conflict")
    because(page, "Retire all the same", "mine after all")
    expect(page.get_by_text("The policy is retired: activate a version to bring it back.")).to_be_visible()


def test_of_very_many_the_newest_and_those_that_decide_are_shown(visit: Visit, here: Signed) -> None:
    for number in range(1, 46):
        here.save("mine", {**MINE, "description": f"the {number}."}, f"change {number}")
    activate(here, "mine", 2, "go")
    watched = visit("policies/mine", url=here.url, key=here.key)
    page = watched.page
    listed = page.get_by_role("region", name="Versions").get_by_role("listitem")
    expect(listed).to_have_count(21)
    expect(listed.first).to_contain_text("Version 45")
    expect(listed.last).to_contain_text("Version 2in force")
    page.get_by_label("Show only version").fill("7")
    expect(listed).to_have_count(1)
    expect(listed).to_contain_text("change 7")
    page.get_by_label("Show only version").fill("99")
    expect(page.get_by_text("There is no such version.")).to_be_visible()
    page.get_by_label("Show only version").fill("")
    page.get_by_role("button", name="Show older versions").click()
    expect(listed).to_have_count(45)
    assert watched.violations() == []
