"""A candidate beside the policy in force, over HTTP: its disagreements are counted and nothing else changes."""

from tests.service.policies.conftest import MINE, WEAPON, Client

PATH = "/v1/policies/default"
MILD = {**MINE, "categories": {slug: {"threshold": 1.0} for slug in ("guns_illegal_weapons", "other")}}


def test_disagreements_are_counted_by_category_and_verdict(admin: Client) -> None:
    admin.save("default", MILD)
    before = admin.classify()
    shown = admin.change("PUT", f"{PATH}/shadow", {"version": 1, "reason": "milder?"}, of=PATH)
    assert (shown["version"], shown["same"], shown["milder"], shown["categories"]) == (1, 0, 0, [])
    for _ in range(4):  # the last ones from what is kept of a text that is asked often
        after = admin.classify()
        assert (after["verdict"], after["policy"]) == (before["verdict"], before["policy"])
    admin.classify({"items": [{"text": "hello world"}]})
    shown = admin.get(f"{PATH}/shadow")
    assert (shown["same"], shown["milder"], shown["graver"]) == (1, 4, 0)
    (weapons,) = [each for each in shown["categories"] if each["slug"] == "guns_illegal_weapons"]
    assert (weapons["action"], weapons["texts"]) == ("block", 4)
    assert admin.get(PATH)["candidate"] == 1
    # What brings its own thresholds, or names another policy, is not compared.
    admin.classify({**WEAPON, "thresholds": {"hate": 0.9}})
    admin.classify({**WEAPON, "policy": "strict"})
    assert admin.get(f"{PATH}/shadow")["milder"] == 4


def test_a_candidate_ends_and_a_new_comparison_begins_from_nothing(admin: Client) -> None:
    admin.save("default", MILD)
    admin.save("default", MINE)
    admin.change("PUT", f"{PATH}/shadow", {"version": 1}, of=PATH)
    admin.classify()
    admin.change("PUT", f"{PATH}/shadow", {"version": 2}, of=PATH)
    assert admin.get(f"{PATH}/shadow")["milder"] == 0
    admin.change("DELETE", f"{PATH}/shadow", of=PATH)
    assert admin.ask("GET", f"{PATH}/shadow").status_code == 404
    assert admin.get(PATH)["candidate"] is None


def test_a_candidate_that_is_activated_is_none_any_more(admin: Client) -> None:
    admin.save("default", MILD)
    admin.change("PUT", f"{PATH}/shadow", {"version": 1}, of=PATH)
    admin.activate("default", 1)
    assert admin.get(PATH)["candidate"] is None
    assert admin.ask("GET", f"{PATH}/shadow").status_code == 404
    assert admin.classify()["policy"]["version"] == 1
    listed = admin.get(f"{PATH}/versions")
    assert (listed["candidate"], listed["versions"][0]["candidate"]) == (None, False)
    admin.activate("default", 0)
    assert admin.get(PATH)["candidate"] is None
