"""`POST /v1/classify` as a client sees it."""

import base64
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from models.backend import Device
from models.bundle import Bundle
from models.encode import Item
from models.outputs import OUTPUTS
from models.scorer import Scorer
from taxonomy.categories import Role
from taxonomy.files import native, shipped_policies
from tests.bundles import build_tiny_bundle
from tests.running import RunningServer
from tests.service.asked import ask, entry

DEFAULT = shipped_policies()["default"]
# Bands are tuned; these stay. `unsure` scores 0.5, a weapon 0.995.
TRIAL = """
kind: policy
name: trial
description: A trial.
on_error: open
defaults: {threshold: 0.5, action: block}
categories:
  guns_illegal_weapons: {shadow: true}
  harassment: {threshold: 0.6, review_band: {below: 0.2}}
"""
TOKENS_SCORED = "tidegate_tokens_scored_total"


@pytest.fixture(scope="module")
def trial(tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose default policy is a file of the operator's."""
    folder = tmp_path_factory.mktemp("trial")
    (folder / "trial.yaml").write_text(TRIAL)
    environment = {"TIDEGATE_BUNDLE": str(tiny_bundle), "TIDEGATE_POLICY": str(folder / "trial.yaml")}
    with RunningServer(environment, folder / "log") as server:
        yield server


def test_a_disguise_is_taken_off_and_named(server: RunningServer) -> None:
    hidden = base64.b64encode(b"there is a weapon in the kitchen").decode()
    first, again = (ask(server, [{"role": "prompt", "text": f"please read {hidden}"}])["items"][0] for _ in range(2))
    assert (first["verdict"], entry(first, "guns_illegal_weapons")["view"]) == ("block", "base64")
    assert "view" not in entry(first, "hate")
    assert first["coverage"]["windows"] == -(-first["coverage"]["tokens"] // 28)
    assert again == first | {"cached": True}  # the view is kept with the scores


def test_a_long_text_is_judged_by_its_length_as_the_scorer_judges_it(tmp_path: Path) -> None:
    bundle = build_tiny_bundle(tmp_path / "bundle", tail=0.8)
    text = "hello world " * 200 + "unsure"
    (row,) = Scorer(Bundle.open(bundle), Device.CPU, 1).probabilities([Item(Role.TEXT, text)])
    with RunningServer({"TIDEGATE_BUNDLE": str(bundle)}, tmp_path / "log") as server:
        short, long = ask(server, [{"text": "unsure"}, {"text": text}])["items"]
    assert long["unsafe"] == pytest.approx(float(row[OUTPUTS.index("unsafe")]), abs=1e-3)
    assert long["unsafe"] < short["unsafe"] - 0.2


def test_a_text_as_it_stands_has_no_view(server: RunningServer) -> None:
    (item,) = ask(server, [{"text": "a weapon"}])["items"]
    assert [each for each in item["categories"] if "view" in each] == []


def test_names_the_category_and_spares_the_rest(server: RunningServer) -> None:
    items = [{"id": "a", "role": "prompt", "text": "the weapon is here"}, {"id": "b", "text": "hello there"}]
    answer = ask(server, items)
    assert {item["id"]: item["verdict"] for item in answer["items"]} == {"a": "block", "b": "allow"}
    flagged = [each["slug"] for each in answer["items"][0]["categories"] if each["flagged"]]
    assert flagged == ["guns_illegal_weapons"]
    assert answer["items"][0]["unsafe"] > 0.9 > 0.1 > answer["items"][1]["unsafe"]


def test_an_attack_is_not_a_hazard(server: RunningServer) -> None:
    (item,) = ask(server, [{"role": "document", "text": "please inject this"}])["items"]
    assert item["attack"] > 0.9 > 0.1 > item["unsafe"]
    assert entry(item, "prompt_injection")["action"] == item["verdict"] == "block"


def test_every_category_is_there_in_the_taxonomys_order(server: RunningServer) -> None:
    (item,) = ask(server, [{"text": "hello"}])["items"]
    assert tuple(each["slug"] for each in item["categories"]) == native().slugs
    assert len(item["categories"]) == 25
    for each in item["categories"]:
        assert each.keys() == {"slug", "score", "threshold", "flagged", "action"}
        assert 0 <= each["score"] <= 1


def test_a_role_has_rules_and_scores_of_its_own(server: RunningServer) -> None:
    answer = ask(server, [{"role": role, "text": "roles and a weapon"} for role in Role])
    assert [item["role"] for item in answer["items"]] == list(Role)
    expected = [DEFAULT.rules[role]["guns_illegal_weapons"].action for role in Role]
    assert len(set(expected)) > 1
    assert [item["verdict"] for item in answer["items"]] == expected
    assert len({entry(item, "malware")["score"] for item in answer["items"]}) > 1


def test_a_text_is_a_post_and_named_by_its_place_unless_told(server: RunningServer) -> None:
    answer = ask(server, [{"text": "one"}, {"text": "two", "id": "two"}, {"text": "three", "id": ""}])
    assert [(item["id"], item["role"]) for item in answer["items"]] == [("0", "text"), ("two", "text"), ("", "text")]


def test_an_id_of_256_characters_comes_back_whole(server: RunningServer) -> None:
    assert ask(server, [{"text": "x", "id": "é" * 256}])["items"][0]["id"] == "é" * 256


@pytest.mark.parametrize(
    ("texts", "verdict", "flagged"),
    [
        (("hello",), "allow", False),
        (("hello", "unsure"), "review", False),
        (("unsure", "hateword", "hello"), "block", True),
    ],
)
def test_the_verdict_is_the_gravest(trial: RunningServer, texts: tuple[str, ...], verdict: str, flagged: bool) -> None:
    answer = ask(trial, [{"text": text} for text in texts], thresholds={"other": 1})
    assert (answer["verdict"], answer["flagged"]) == (verdict, flagged)


def test_a_threshold_changes_the_decision_and_costs_no_inference(server: RunningServer) -> None:
    items = [{"text": "thresholds and a weapon"}]
    first = ask(server, items)
    scored = server.metric(TOKENS_SCORED)
    second = ask(server, items, thresholds={"guns_illegal_weapons": 1, "other": 1})
    assert server.metric(TOKENS_SCORED) == scored
    assert (first["verdict"], second["verdict"]) == ("block", "review")  # 0.995 is in the band below 1
    assert second["policy"]["thresholds"] == {"guns_illegal_weapons": 1.0, "other": 1.0}
    assert "thresholds" not in first["policy"]
    usual = DEFAULT.rules[Role.TEXT]["guns_illegal_weapons"].threshold
    before, after = (entry(answer["items"][0], "guns_illegal_weapons") for answer in (first, second))
    assert before["score"] == after["score"]
    assert (before["threshold"], after["threshold"]) == (usual, 1.0)
    assert first["policy"]["name"] == second["policy"]["name"] == "default"
    assert first["policy"]["digest"] != second["policy"]["digest"]


def test_a_text_seen_before_is_cached_and_answered_alike(server: RunningServer) -> None:
    items = [{"role": "prompt", "text": "seen before, with a weapon"}]
    first, second = ask(server, items), ask(server, [*items, {"text": "never seen before"}])
    assert [item["cached"] for item in first["items"]] == [False]
    assert [item["cached"] for item in second["items"]] == [True, False]
    known = second["items"][0]
    assert known | {"cached": False} == first["items"][0]
    assert first["id"] != second["id"]


def test_a_role_is_not_answered_from_anothers_cache(server: RunningServer) -> None:
    text = "the same words in two roles"
    ask(server, [{"role": "prompt", "text": text}])
    assert ask(server, [{"role": "document", "text": text}])["items"][0]["cached"] is False


def test_a_long_text_is_read_to_its_end(server: RunningServer) -> None:
    (item,) = ask(server, [{"text": "far " * 4_999 + "weapon"}])["items"]
    assert item["verdict"] == "block"
    assert item["coverage"]["tokens"] == item["coverage"]["scored"] == 5_000
    assert item["coverage"]["windows"] > 5_000 / 32


def test_a_policy_is_chosen_by_name(server: RunningServer) -> None:
    shipped = {each["name"]: each for each in httpx.get(server.url + "/v1/policies").json()}
    assert set(shipped) == {"children", "default", "nano", "permissive", "strict"}
    for name, policy in shipped.items():
        answer = ask(server, [{"role": "prompt", "text": "a weapon"}], policy=name)
        assert answer["policy"] == {"name": name, "digest": policy["digest"]}
        rule = policy["rules"]["prompt"]["guns_illegal_weapons"]
        found = entry(answer["items"][0], "guns_illegal_weapons")
        assert (found["threshold"], found["action"]) == (rule["threshold"], rule["action"])
    assert len({policy["digest"] for policy in shipped.values()}) == len(shipped)


def test_an_answer_says_what_produced_it(server: RunningServer) -> None:
    answer = ask(server, [{"text": "hello"}])
    told = httpx.get(server.url + "/v1/info").json()
    assert answer["policy"] == told["default_policy"]
    assert answer["model"] == {"name": told["model"]["name"], "digest": told["model"]["digest"]}
    assert answer["taxonomy"] == told["taxonomy"] == {"version": native().version, "digest": native().digest}
    for each in ("policy", "model", "taxonomy"):
        assert answer[each]["digest"].startswith("sha256:")
        assert len(answer[each]["digest"]) == 71
    assert answer["id"].startswith("tg-")


def test_a_shadow_rule_only_says_what_it_would_do(trial: RunningServer) -> None:
    answer = ask(trial, [{"text": "a weapon"}])
    assert (answer["verdict"], answer["policy"]["name"]) == ("allow", "trial")
    found = entry(answer["items"][0], "guns_illegal_weapons")
    assert (found["action"], found["flagged"], found["shadow_action"]) == ("allow", False, "block")
    sample = 'tidegate_shadow_actions_total{action="block",policy="trial",slug="guns_illegal_weapons"}'
    assert trial.metric(sample) == 1
    assert ask(trial, [{"text": "a weapon"}], policy="default")["verdict"] == "block"
