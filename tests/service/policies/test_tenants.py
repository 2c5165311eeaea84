"""Tenants and their policies: by key and by header, from a file and over HTTP."""

from collections.abc import Callable
from pathlib import Path

from tests.running import RunningServer, until
from tests.service.policies.conftest import MINE, OURS, TENANTS, WEAPON, Client, make_key

HEADER = "x-tidegate-tenant"


def until_known(key: Client) -> None:
    """Wait until the server knows a key that was made while it runs."""
    until(lambda: key.ask("GET", "/v1/policies").status_code == 200)


def test_a_tenant_of_a_file_has_its_policy(admin: Client) -> None:
    assert admin.classify(**{HEADER: "acme"})["policy"]["name"] == "ours"
    assert admin.classify(**{HEADER: "others"})["policy"]["name"] == "default"
    (acme,) = admin.get("/v1/tenants")["tenants"]
    assert (acme["tenant"], acme["policy"], acme["source"], acme["known"]) == ("acme", "ours", "folder", True)


def test_a_tenant_is_given_a_policy_and_another_and_none(admin: Client) -> None:
    given = admin.change("PUT", "/v1/tenants/bank", {"policy": "strict", "reason": "they asked"})
    assert (given["policy"], given["source"], given["reason"]) == ("strict", "stored", "they asked")
    assert admin.classify(**{HEADER: "bank"})["policy"]["name"] == "strict"
    path = "/v1/tenants/bank"
    admin.change("PUT", path, {"policy": "children"}, of=path)
    assert admin.classify(**{HEADER: "bank"})["policy"]["name"] == "children"
    admin.change("DELETE", path, of=path)
    assert admin.classify(**{HEADER: "bank"})["policy"]["name"] == "default"
    assert admin.ask("GET", path).status_code == 404


def test_a_name_may_hold_what_a_header_may(admin: Client) -> None:
    for tenant in ("eu/acme", "a b", "100%", "a?b"):
        path = "/v1/tenants/" + "".join(f"%{byte:02x}" for byte in tenant.encode())
        admin.change("PUT", path, {"policy": "strict"})
        assert admin.classify(**{HEADER: tenant})["policy"]["name"] == "strict"


def test_two_names_are_refused_whichever_comes_first(admin: Client) -> None:
    admin.change("PUT", "/v1/tenants/bank", {"policy": "strict"})
    for names in (("bank", "others"), ("others", "bank"), ("bank", "bank")):
        answer = admin.ask("POST", "/v1/classify", json=WEAPON, headers=[(HEADER, name) for name in names])
        assert (answer.status_code, answer.json()["detail"]) == (400, f"{HEADER}: must not be sent twice")


def test_a_slash_too_many_names_no_other_tenant(admin: Client) -> None:
    admin.change("PUT", "/v1/tenants/eu%2Fbank", {"policy": "strict"})
    for path in ("/eu/bank", "eu%2Fbank%2F", "eu/bank/", "eu//bank", "%2Feu/bank", "eu%2F%2Fbank"):
        for method in ("GET", "PUT", "DELETE"):
            body = {"json": {"policy": "default"}} if method == "PUT" else {}
            answer = admin.ask(method, f"/v1/tenants/{path}", headers={"if-match": "*"}, **body)
            assert (answer.status_code, answer.json()["detail"].split()[0]) == (400, "tenant:"), path
    assert admin.get("/v1/tenants/eu/bank")["policy"] == "strict"


def test_a_keys_tenant_wins_over_the_header(
    admin: Client, state: str, open_client: Callable[..., Client], serve: Callable[..., RunningServer]
) -> None:
    admin.change("PUT", "/v1/tenants/bank", {"policy": "strict"})
    key = make_key(state, "--scope", "classify", "--tenant", "bank")
    server = serve(TIDEGATE_STATE=state)
    banks = open_client(server, key)
    assert banks.classify()["policy"]["name"] == "strict"
    assert banks.classify(**{HEADER: "others"})["policy"]["name"] == "strict"


def test_a_key_that_may_not_administer_sees_what_its_tenant_may_name(
    admin: Client, state: str, tmp_path: Path, open_client: Callable[..., Client]
) -> None:
    admin.save("strict", MINE)
    admin.change("PUT", "/v1/policies/strict/shadow", {"version": 1}, of="/v1/policies/strict")
    admin.change("PUT", "/v1/tenants/bank", {"policy": "strict"})
    everything = sorted(each["name"] for each in admin.get("/v1/policies"))
    (tmp_path / "policies" / "ours.yaml").write_text(OURS.replace("0.5", "SECRET"))
    until(lambda: admin.get("/v1/policies/ours")["wrong"] == ["ours.yaml:6"])
    assert admin.get("/v1/policies/strict")["candidate"] == 1
    seen = {
        "acme": ["ours"],  # which is stricter: no other may be named
        "bank": everything,
        "nobodys": everything,
    }
    for tenant, names in seen.items():
        key = open_client(admin.server, make_key(state, "--scope", "classify", "--tenant", tenant))
        until_known(key)
        listed = key.get("/v1/policies")
        assert sorted(each["name"] for each in listed) == names
        assert [(each["wrong"], each["candidate"]) for each in listed] == [([], None)] * len(names)
        for name in everything:
            answer = key.ask("GET", f"/v1/policies/{name}")
            assert answer.status_code == (200 if name in names else 404)
            if name in names:
                assert answer.json() in listed
            asked = key.ask("POST", "/v1/classify", json={**WEAPON, "policy": name})
            assert asked.status_code == (200 if name in names else 403)
    anybodys = open_client(admin.server, make_key(state))
    until_known(anybodys)
    assert [each["name"] for each in anybodys.ask("GET", "/v1/policies", headers={HEADER: "acme"}).json()] == ["ours"]
    assert admin.ask("GET", "/v1/policies", headers={HEADER: "acme"}).json() == admin.get("/v1/policies")


def test_a_policy_that_tenants_have_cannot_be_retired(admin: Client) -> None:
    admin.save("mine", MINE)
    admin.activate("mine", 1)
    for tenant, have in (("bank", "1 tenant has"), ("shop", "2 tenants have")):
        admin.change("PUT", f"/v1/tenants/{tenant}", {"policy": "mine"})
        answer = admin.ask("DELETE", "/v1/policies/mine", headers={"if-match": admin.tag("/v1/policies/mine")})
        detail = f"{have} this policy; another has to be given first"
        assert (answer.status_code, answer.json()["detail"]) == (409, detail)


def test_a_tenant_whose_policy_has_gone_is_not_given_a_milder_one(admin: Client, tmp_path: Path) -> None:
    admin.change("PUT", "/v1/tenants/bank", {"policy": "ours"})
    (tmp_path / "policies" / "tenants.yaml").unlink()
    (tmp_path / "policies" / "ours.yaml").unlink()
    until(lambda: "ours" not in {each["name"] for each in admin.get("/v1/policies")})
    answer = admin.ask("POST", "/v1/classify", json={"items": [{"text": "x"}]}, headers={HEADER: "bank"})
    assert answer.status_code == 503
    assert answer.json()["detail"] == "the policy of this tenant is not there any more"
    assert admin.get("/v1/tenants")["tenants"][0]["known"] is False


def test_a_folder_is_read_again_while_it_serves_and_a_bad_file_changes_nothing(admin: Client, tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    (folder / "ours.yaml").write_text(OURS.replace("0.5", "0.7"))
    until(lambda: admin.get("/v1/policies/ours")["rules"]["text"]["hate"]["threshold"] == 0.7)
    (folder / "ours.yaml").write_text(OURS.replace("0.5", "SECRET"))
    (folder / "tenants.yaml").write_text(TENANTS.replace("acme", "bank"))
    until(lambda: admin.get("/v1/policies/ours")["wrong"] == ["ours.yaml:6"])
    assert admin.get("/v1/policies/ours")["rules"]["text"]["hate"]["threshold"] == 0.7
    assert admin.classify(**{HEADER: "acme"})["policy"]["name"] == "ours"
    (folder / "ours.yaml").write_text(OURS)
    until(lambda: admin.classify(**{HEADER: "bank"})["policy"]["name"] == "ours")
    assert admin.get("/v1/policies/ours")["wrong"] == []
