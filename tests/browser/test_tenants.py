"""Which tenant has which policy: giving one, changing it, taking it back."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.signed import Signed
from tests.browser.test_hostile import HOSTILE
from tests.browser.watched import because

LONG = "a-name-of-128-characters-" * 5 + "end"
TAGS = tuple(each for each in HOSTILE if "//" not in each)


def give(page: Page, tenant: str, policy: str) -> None:
    """Fill in the form and send it."""
    page.get_by_label("Tenant", exact=True).fill(tenant)
    page.get_by_role("combobox", name="Policy", exact=True).select_option(policy)
    page.get_by_role("button", name="Assign", exact=True).click()


def policy_of(here: Signed, tenant: str) -> str:
    """Return the policy that a tenant's request is judged by."""
    asked = {"items": [{"text": "hello"}]}
    answer = here.http.post("/v1/classify", json=asked, headers={"X-Tidegate-Tenant": tenant})
    return str(answer.json()["policy"]["name"])


def assigned(here: Signed, tenant: str, policy: str, reason: str) -> None:
    """Give a tenant a policy over HTTP, as somebody else would."""
    answer = here.http.get(f"/v1/tenants/{tenant}")
    condition = {"If-Match": answer.headers["ETag"]} if answer.status_code == 200 else {"If-None-Match": "*"}
    answer = here.http.put(f"/v1/tenants/{tenant}", json={"policy": policy, "reason": reason}, headers=condition)
    assert answer.status_code == 200, answer.text


def test_the_whole_round(visit: Visit, here: Signed) -> None:
    watched = visit("tenants", url=here.url, key=here.key)
    page = watched.page
    expect(page.get_by_text("There are none yet: name a tenant above, and choose its policy.")).to_be_visible()
    give(page, "acme", "strict")
    expect(page.get_by_role("dialog")).to_contain_text("It has none of its own now, hence default.")
    because(page, "Assign", "their contract")
    expect(page.get_by_text("acme has the policy strict.")).to_be_visible()
    assert (policy_of(here, "acme"), policy_of(here, "globex")) == ("strict", "default")
    listed = page.get_by_role("list", name="Tenants").get_by_role("listitem")
    expect(listed).to_contain_text("their contract")

    page.get_by_role("button", name="Change the policy of acme").click()
    expect(page.get_by_role("combobox", name="Policy", exact=True)).to_be_focused()
    give(page, "acme", "permissive")
    expect(page.get_by_role("dialog")).to_contain_text("It has the policy strict now.")
    because(page, "Assign", "too strict for them")
    expect(page.get_by_text("acme has the policy permissive.")).to_be_visible()
    assert policy_of(here, "acme") == "permissive"
    watched.shot("tenants")

    page.get_by_role("button", name="Take back the policy of acme").click()
    because(page, "Take back", "the contract has ended")
    expect(page.get_by_text("acme has no policy of its own any more.")).to_be_visible()
    expect(listed).to_have_count(0)
    assert policy_of(here, "acme") == "default"


def test_who_is_second_sees_both_sides(visit: Visit, here: Signed) -> None:
    watched = visit("tenants", url=here.url, key=here.key)
    page = watched.page
    give(page, "acme", "strict")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("mine")
    assigned(here, "acme", "children", "somebody was quicker")
    dialog.get_by_role("button", name="Assign", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("Somebody changed it meanwhile.")
    row = dialog.get_by_role("row", name="Policy")
    expect(row).to_contain_text("none, hence default")
    expect(row).to_contain_text("children, somebody was quicker")
    expect(dialog.get_by_role("heading")).to_have_text("Give acme the policy strict?")
    assert policy_of(here, "acme") == "children", "nothing of mine was done"
    assert watched.violations() == []
    watched.shot("tenants-conflict")
    because(page, "Assign all the same", "mine after all")
    assert policy_of(here, "acme") == "strict"


def test_who_takes_back_second_sees_both_sides(visit: Visit, here: Signed) -> None:
    assigned(here, "acme", "strict", "first")
    page = visit("tenants", url=here.url, key=here.key).page
    page.get_by_role("button", name="Take back the policy of acme").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("mine")
    assigned(here, "acme", "children", "second")
    dialog.get_by_role("button", name="Take back", exact=True).click()
    expect(dialog.get_by_role("row", name="Policy")).to_contain_text("strict, first")
    expect(dialog.get_by_role("row", name="Policy")).to_contain_text("children, second")
    dialog.get_by_role("button", name="Cancel").click()
    assert policy_of(here, "acme") == "children"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_hostile_and_long_names_stay_names(visit: Visit, here: Signed, scheme: str) -> None:
    watched = visit("tenants", url=here.url, key=here.key, scheme=scheme, width=360)
    page = watched.page
    for tenant in (*TAGS, LONG):
        give(page, tenant, "strict")
        assert watched.overflow() == 0
        because(page, "Assign", tenant)
        expect(page.get_by_role("button", name=f"Change the policy of {tenant}", exact=True)).to_be_visible()
    expect(page.get_by_role("list", name="Tenants").locator("strong")).to_have_text(sorted((*TAGS, LONG)))
    assert watched.overflow() == 0
    assert watched.violations() == []
    watched.shot(f"tenants-hostile-{scheme}")


@pytest.mark.parametrize(
    ("tenant", "said"),
    [
        ("x" * 200, "a tenant has 1 to 128 characters"),
        ("\u202eemca", "a tenant has printable ASCII characters, and no space around them"),
        ("a//b", "has a slash too many"),
        ("..", "Such a tenant has to stand in a file."),
    ],
    ids=["long", "right-to-left", "slashes", "dots"],
)
def test_what_is_no_name_is_refused(visit: Visit, here: Signed, tenant: str, said: str) -> None:
    watched = visit("tenants", url=here.url, key=here.key, width=360)
    page = watched.page
    give(page, tenant, "strict")
    dialog = page.get_by_role("dialog")
    if tenant in ("x" * 200, "\u202eemca"):
        dialog.get_by_label("Reason").fill("try")
        dialog.get_by_role("button", name="Assign", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text(said)
    assert watched.overflow() == 0
    assert here.http.get("/v1/tenants").json()["tenants"] == []


def test_a_tenant_in_a_file_is_changed_there(visit: Visit, signed: Callable[..., Signed], tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "tenants.yaml").write_text("kind: tenants\ntenants: {acme: strict}\n")
    here = signed(TIDEGATE_POLICIES=str(folder))
    page = visit("tenants", url=here.url, key=here.key).page
    expect(page.get_by_text("From a file of the folder TIDEGATE_POLICIES, and changed there.")).to_be_visible()
    expect(page.get_by_role("button", name="Change the policy of acme")).to_have_count(0)
    give(page, "acme", "default")
    expect(page.get_by_role("alert")).to_contain_text("It is changed there, in the folder TIDEGATE_POLICIES.")


def test_many_are_looked_through(visit: Visit, here: Signed) -> None:
    for i in range(60):
        assigned(here, f"tenant-{i:02}", "strict", "")
    page = visit("tenants", url=here.url, key=here.key).page
    listed = page.get_by_role("list", name="Tenants").get_by_role("listitem")
    expect(listed).to_have_count(50)
    page.get_by_role("button", name="Show more, 10 are left").click()
    expect(listed).to_have_count(60)
    page.get_by_label("Show only").fill("ANT-07")
    expect(listed).to_have_count(1)
    page.get_by_label("Show only").fill("nobody")
    expect(page.get_by_text("No tenant is called so.")).to_be_visible()


def test_by_keyboard_alone(visit: Visit, here: Signed) -> None:
    page = visit("tenants", url=here.url, key=here.key).page
    page.get_by_label("Tenant", exact=True).focus()
    page.keyboard.type("acme")
    page.keyboard.press("Tab")
    page.keyboard.type("strict")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Reason")).to_be_focused()
    page.keyboard.type("by keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_text("acme has the policy strict.")).to_be_visible()
    expect(page.get_by_role("button", name="Assign", exact=True)).to_be_focused()
    assert policy_of(here, "acme") == "strict"
