"""Versions over HTTP: saved, compared, put in force, taken back, exported and read again."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import yaml

from taxonomy.files import DATA, shipped_policies
from tests.running import RunningServer, until
from tests.service.policies.conftest import MINE, Client, make_key

WEAPONS = {"guns_illegal_weapons": {"threshold": 1.0}, "other": {"threshold": 1.0}}


def test_from_a_first_version_to_a_rollback(admin: Client) -> None:
    saved = admin.save("default", MINE, "a first try")
    assert (saved["version"], saved["reason"], saved["active"]) == (1, "a first try", False)
    assert saved["author"]
    assert admin.classify()["policy"] == {"name": "default", "digest": shipped_policies()["default"].digest}
    assert admin.activate("default", 1)["source"] == "stored"
    blocked = admin.classify()
    assert (blocked["verdict"], blocked["policy"]["version"]) == ("block", 1)

    second = admin.save("default", {**MINE, "categories": WEAPONS}, "weapons are our trade")
    admin.activate("default", 2)
    allowed = admin.classify()
    assert allowed["verdict"] != "block"
    assert allowed["policy"] == {"name": "default", "digest": second["digest"], "version": 2}

    listed = admin.get("/v1/policies/default/versions")
    assert [each["version"] for each in listed["versions"]] == [2, 1]
    assert (listed["active"], listed["shipped"], listed["retired"]) == (2, True, False)
    found = admin.get("/v1/policies/default/diff?from=1&to=2")["changes"]
    assert found == [
        {"field": "threshold", "before": 0.5, "after": 1.0, "slug": slug} for slug in ("guns_illegal_weapons", "other")
    ]

    admin.activate("default", 1)
    assert admin.classify()["policy"]["digest"] == saved["digest"]
    assert admin.classify()["verdict"] == "block"
    admin.activate("default", 0)
    assert admin.get("/v1/policies/default")["source"] == "shipped"
    assert len(admin.get("/v1/policies/default/versions")["versions"]) == 2


def test_versions_are_listed_by_pages(admin: Client) -> None:
    for i in range(102):
        admin.save("mine", MINE, f"try {i}")
    path = "/v1/policies/mine/versions"
    first = admin.get(path)
    assert ([each["version"] for each in first["versions"]], first["more"]) == ([*range(102, 2, -1)], True)
    rest = admin.get(f"{path}?before=3")
    assert ([each["version"] for each in rest["versions"]], rest["more"]) == ([2, 1], False)
    for query, numbers, more in (
        ("limit=2", [102, 101], True),
        ("limit=2&before=3", [2, 1], False),
        ("limit=1&before=3", [2], True),
        ("limit=1000", [*range(102, 0, -1)], False),
        ("before=1", [], False),
        ("before=0", [], False),
        ("before=999", [*range(102, 2, -1)], True),
    ):
        found = admin.get(f"{path}?{query}")
        assert ([each["version"] for each in found["versions"]], found["more"]) == (numbers, more)


def test_a_version_as_yaml_comes_back_with_the_same_digest(admin: Client) -> None:
    evidence = {
        "objective": "max_f1", "confidence": 0.95, "made": "2026-11-22", "data": "sha256:a", "model": "sha256:b",
        "rules": "sha256:c", "chosen_on": 10, "verified_on": 10,
        "promises": [{"of": "overall", "figure": "fpr", "bound": 0.01, "rows": 10, "errors": 0, "limit": 0.02}],
    }  # fmt: skip
    first = admin.save("mine", {**MINE, "categories": WEAPONS, "evidence": evidence, "extends": "strict"})
    answer = admin.ask("GET", "/v1/policies/mine/versions/1", headers={"accept": "application/yaml"})
    assert answer.headers["content-type"].startswith("application/yaml")
    assert yaml.safe_load(answer.text)["categories"] == WEAPONS
    path, either = "/v1/policies/mine/versions/1", {"accept": "application/yaml, */*"}
    assert admin.ask("GET", path, headers=either).content == answer.content
    assert admin.ask("GET", path, headers={"accept": "*/*"}).headers["content-type"] == "application/json"
    again = admin.ask(
        "POST",
        "/v1/policies/mine/versions?reason=from a file",
        content=answer.content,
        headers={"content-type": "application/yaml", "if-match": answer.headers["etag"]},
    )
    assert again.status_code == 201
    assert again.headers["location"] == "/v1/policies/mine/versions/2"
    second = again.json()
    assert (second["digest"], second["reason"]) == (first["digest"], "from a file")
    versions = [admin.get(f"/v1/policies/mine/versions/{number}") for number in (1, 2)]
    assert versions[0]["policy"] == versions[1]["policy"]
    assert versions[0]["rules"] == versions[1]["rules"]


def test_a_shipped_file_can_be_saved_as_it_is(admin: Client) -> None:
    content = (DATA / "policies" / "strict.yaml").read_bytes()
    answer = admin.ask(
        "POST",
        "/v1/policies/strict/versions",
        content=content,
        headers={"content-type": "application/yaml", "if-match": admin.tag("/v1/policies/strict")},
    )
    assert answer.json()["digest"] == shipped_policies()["strict"].digest


def test_a_version_keeps_its_parent_as_it_was(admin: Client) -> None:
    admin.save("parent", MINE)
    admin.activate("parent", 1)
    child = admin.save("child", {"description": "", "extends": "parent"})
    assert child["parent"]["name"] == "parent"
    admin.save("parent", {**MINE, "defaults": {"threshold": 0.9, "action": "flag"}})
    admin.activate("parent", 2)
    version = admin.get("/v1/policies/child/versions/1")
    assert version["version"]["digest"] == child["digest"]
    assert version["rules"]["text"]["hate"]["threshold"] == 0.5
    assert admin.save("child", {"description": "", "extends": "parent"})["digest"] != child["digest"]


def test_of_two_who_save_at_once_one_is_told_and_nothing_is_lost(admin: Client) -> None:
    admin.save("mine", MINE)
    tag = admin.tag("/v1/policies/mine")

    def save(reason: str) -> int:
        body = {"policy": MINE, "reason": reason}
        path = "/v1/policies/mine/versions"
        return admin.ask("POST", path, json=body, headers={"if-match": tag}).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(save, "abcdefgh"))
    assert statuses == [201, *[412] * 7]
    assert [each["version"] for each in admin.get("/v1/policies/mine/versions")["versions"]] == [2, 1]
    # Who was refused reads again, and saves.
    assert admin.save("mine", MINE, "again")["version"] == 3
    assert admin.save("mine", MINE)["version"] == 4


def test_what_two_saved_at_two_replicas_is_all_there(
    serve: Callable[..., RunningServer], redis_url: str, open_client: Callable[..., Client]
) -> None:
    key = make_key(redis_url, "--scope", "admin")
    replicas = [open_client(serve(TIDEGATE_STATE=redis_url), key) for _ in range(2)]
    replicas[0].save("mine", MINE)
    for i in range(10):
        until(lambda: len({each.ask("GET", "/v1/policies/mine").headers.get("etag") for each in replicas}) == 1)
        tag = replicas[0].tag("/v1/policies/mine")

        def save(client: Client, tag: str = tag, i: int = i) -> int:
            body = {"policy": {**MINE, "description": str(i)}}
            return client.ask("POST", "/v1/policies/mine/versions", json=body, headers={"if-match": tag}).status_code

        with ThreadPoolExecutor(2) as pool:
            statuses = sorted(pool.map(save, replicas))
        assert statuses == [201, 412]
    until(lambda: all(len(each.get("/v1/policies/mine/versions")["versions"]) == 11 for each in replicas))


def soon(condition: Callable[[], object]) -> None:
    """Wait until the condition holds, for a hundred looks: a second where a look takes no time.

    Each look asks a server, and takes as long as the machine holds that up: such time does not count.
    """
    for _ in range(100):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it takes long")


def test_what_one_replica_activates_the_other_has_within_a_second(
    serve: Callable[..., RunningServer], redis_url: str, open_client: Callable[..., Client]
) -> None:
    key = make_key(redis_url, "--scope", "admin")
    here, there = (open_client(serve(TIDEGATE_STATE=redis_url), key) for _ in range(2))
    here.save("default", {**MINE, "categories": WEAPONS})
    assert there.classify()["verdict"] == "block"
    there.classify()  # asked often: its verdict is kept
    here.activate("default", 1)
    soon(lambda: there.classify()["policy"].get("version") == 1)
    assert there.classify()["verdict"] != "block"
    there.activate("default", 0)
    soon(lambda: here.classify()["verdict"] == "block")


def test_a_retired_policy_can_be_read_and_brought_back(admin: Client) -> None:
    admin.save("mine", MINE)
    admin.activate("mine", 1)
    asked = {"items": [{"text": "x"}], "policy": "mine"}
    assert admin.classify(asked)["policy"]["version"] == 1
    admin.change("DELETE", "/v1/policies/mine?reason=over", of="/v1/policies/mine")
    assert admin.ask("POST", "/v1/classify", json=asked).status_code == 400
    shown = {each["name"]: each["in_force"] for each in admin.get("/v1/policies")}
    assert shown["mine"] is False
    listed = admin.get("/v1/policies/mine/versions")
    assert (listed["active"], listed["retired"], listed["shipped"]) == (0, True, False)
    admin.activate("mine", 1)
    assert admin.classify(asked)["policy"]["version"] == 1


def test_a_shipped_policys_versions_are_retired_to_what_ships(admin: Client) -> None:
    admin.save("strict", MINE)
    admin.activate("strict", 1)
    admin.change("DELETE", "/v1/policies/strict", of="/v1/policies/strict")
    assert admin.get("/v1/policies/strict")["digest"] == shipped_policies()["strict"].digest


def test_a_request_keeps_to_what_its_policy_allows(admin: Client) -> None:
    admin.save("mine", {**MINE, "override": "none"})
    admin.activate("mine", 1)
    asked = {"items": [{"text": "x"}], "policy": "mine", "thresholds": {"hate": 0.1}}
    answer = admin.ask("POST", "/v1/classify", json=asked)
    assert answer.status_code == 403
    detail = "thresholds: the policy that this is judged by allows none of the request's own"
    assert answer.json()["detail"] == detail


def test_evidence_holds_for_its_thresholds_and_its_model(admin: Client) -> None:
    model = admin.get("/v1/info")["model"]["digest"]
    admin.save("mine", MINE)
    admin.activate("mine", 1)
    assert admin.get("/v1/policies/mine")["proven"] is False
    known = shipped_policies()["default"]
    rules = known.rules_digest
    evidence = {
        "objective": "max_f1", "confidence": 0.95, "made": "2026-11-22", "data": "sha256:a", "model": model,
        "rules": rules, "chosen_on": 10, "verified_on": 10,
    }  # fmt: skip
    for changes, proven in (
        ({}, True),
        ({"categories": {"hate": {"threshold": 0.2}}}, False),
        ({"evidence": {**evidence, "model": "sha256:other"}}, False),
    ):
        policy = {"description": "", "extends": "default", "evidence": evidence, **changes}
        saved = admin.save("tuned", policy)
        assert saved["proven"] is proven
        admin.activate("tuned", saved["version"])
        assert admin.get("/v1/policies/tuned")["proven"] is proven


def test_what_was_saved_outlives_the_process(
    admin: Client, serve: Callable[..., RunningServer], state: str, tmp_path: Path, open_client: Callable[..., Client]
) -> None:
    admin.save("mine", MINE)
    admin.activate("mine", 1)
    again = open_client(serve(TIDEGATE_STATE=state), make_key(state, "--scope", "admin"))
    assert again.get("/v1/policies/mine") == admin.get("/v1/policies/mine")
