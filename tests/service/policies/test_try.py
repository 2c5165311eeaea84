"""A candidate held against recent decisions, over HTTP: what would flip, with nothing scored again."""

from tests.running import until
from tests.service.policies.conftest import MINE, WEAPON, Client

PATH = "/v1/policies/default/try"
MILD = {**MINE, "categories": {slug: {"threshold": 1.0} for slug in ("guns_illegal_weapons", "other")}}


def ask(admin: Client, body: object) -> dict[str, object]:
    answer = admin.ask("POST", PATH, json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def test_what_would_flip_is_counted_by_verdict_and_category(admin: Client) -> None:
    for _ in range(3):
        admin.classify()
    admin.classify({"items": [{"text": "hello world"}]})
    # Not the default policy's own decisions.
    admin.classify({**WEAPON, "policy": "strict"})
    admin.classify({**WEAPON, "thresholds": {"hate": 0.9}})
    until(lambda: ask(admin, {"policy": MILD})["own"] == 1)  # the last of them
    found = ask(admin, {"policy": MILD})
    assert (found["same"], found["milder"], found["graver"]) == (1, 3, 0)
    assert (found["others"], found["own"], found["degraded"]) == (1, 1, 0), "what was left out"
    (flip,) = found["verdicts"]  # type: ignore[misc]
    assert (flip["action"], flip["texts"]) == ("block", 3)
    assert {"guns_illegal_weapons"} <= {each["slug"] for each in found["categories"]}  # type: ignore[union-attr]
    saved = admin.save("default", MILD)
    assert ask(admin, {"version": saved["version"]}) == found
    assert ask(admin, {"policy": {"description": "", "extends": "permissive"}})["texts"] == 4
    admin.activate("default", 1)
    assert ask(admin, {"version": 1})["same"] == 4, "compared with what is in force now"


def test_without_decisions_nothing_flips(admin: Client) -> None:
    nothing = dict.fromkeys(("texts", "others", "own", "degraded", "same", "milder", "graver"), 0)
    empty = {**nothing, "verdicts": [], "categories": []}
    assert ask(admin, {"policy": MILD}) == empty
