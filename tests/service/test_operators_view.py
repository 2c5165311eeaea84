"""Feedback, traffic and the evaluation, as they are asked for over HTTP."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from models.lines import Piece, pieces
from service.decisions.reading import records
from taxonomy.decision import Decision, Feedback
from taxonomy.evaluation import BINS, POINTS, Curve, Evaluation
from taxonomy.files import native
from tests.running import RunningServer, until

SECRET = "zebrafinch"
CURVE = Curve(3, 5, (3,) * POINTS, (5,) * POINTS, (8, *(0,) * (BINS - 1)))
EVALUATION = Evaluation("2026-01-01", "sha256:" + "0" * 64, "sha256:" + "1" * 64, 8, {"hate": CURVE})
Serve = Callable[..., RunningServer]


def key(state: Path, scope: str, *more: str) -> dict[str, str]:
    """Make an API key as an operator does; return the header that carries it."""
    command = [sys.executable, "-m", "service.cli", "keys", "create", "--scope", scope, *more]
    made = subprocess.run(command, env={"XDG_STATE_HOME": str(state)}, capture_output=True, text=True, check=True)
    return {"Authorization": f"Bearer {made.stdout.strip()}"}


def classify(server: RunningServer, *texts: str, **headers: str) -> dict[str, Any]:
    body = {"items": [{"text": each} for each in texts]}
    found: dict[str, Any] = httpx.post(server.url + "/v1/classify", json=body, headers=headers).json()
    return found


def in_force(server: RunningServer, *keys: dict[str, str]) -> None:
    for key in keys:
        until(lambda: httpx.get(server.url + "/v1/traffic", headers=key).status_code in (200, 403, 409))  # noqa: B023


def test_feedback_is_kept_beside_its_decision(serve: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    server = serve(TIDEGATE_DECISIONS=str(folder))
    name = classify(server, f"{SECRET} weapon")["id"] + "-0"
    said = {"decision": name, "right": False, "labels": {"guns_illegal_weapons": False, "unsafe": False}}
    answer = httpx.post(server.url + "/v1/feedback", json=said, headers={"X-Tidegate-Tenant": "acme"})
    assert (answer.status_code, answer.json().keys()) == (202, {"decision", "time"})
    # Of a decision that is on record elsewhere, or nowhere: that is not looked up.
    other = httpx.post(server.url + "/v1/feedback", json={"decision": "modr-" + "0" * 32 + "-511", "right": True})
    assert other.status_code == 202
    assert server.stop() == 0
    found = [each for path in folder.iterdir() for each in records(pieces(path), native())]
    assert [each.id for each in found if isinstance(each, Decision)] == [name]
    first, second = (each for each in found if isinstance(each, Feedback))
    assert first == Feedback(name, answer.json()["time"], False, said["labels"], "acme")
    assert (second.decision, second.right, second.labels) == ("modr-" + "0" * 32 + "-511", True, {})


def test_feedback_takes_a_key_for_it_once_there_are_keys_and_has_its_tenant(serve: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    server = serve(TIDEGATE_DECISIONS=str(folder))
    allowed, other = key(tmp_path, "feedback", "--tenant", "acme"), key(tmp_path, "classify")
    in_force(server, allowed, other)
    said = {"decision": "tg-" + "0" * 24 + "-0", "right": True}
    for headers, status in ((allowed, 202), (other, 403), ({}, 401)):
        answer = httpx.post(server.url + "/v1/feedback", json=said, headers=headers | {"X-Tidegate-Tenant": "forged"})
        assert answer.status_code == status
    assert server.stop() == 0
    (kept,) = (each.data for path in folder.iterdir() for each in pieces(path) if isinstance(each, Piece))
    assert msgspec.json.decode(kept, type=Feedback).tenant == "acme"


def test_feedback_is_refused_while_it_could_not_be_kept(serve: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    server = serve(TIDEGATE_DECISIONS=str(folder))
    folder.rmdir()
    folder.write_text("in the way")
    classify(server, SECRET)
    until(lambda: server.metric("tidegate_decision_log_failures_total") > 0)
    said = {"decision": "tg-" + "0" * 24 + "-0", "right": True}
    answer = httpx.post(server.url + "/v1/feedback", json=said)
    assert (answer.status_code, answer.json()["detail"]) == (503, "the decision log cannot be written at the moment")
    folder.unlink()
    until(lambda: httpx.post(server.url + "/v1/feedback", json=said).status_code == 202)


def test_traffic_is_for_those_with_an_admin_key(serve: Serve, tmp_path: Path) -> None:
    evaluation = tmp_path / "evaluation.json"
    evaluation.write_bytes(msgspec.json.encode(EVALUATION))
    server = serve(TIDEGATE_EVALUATION=str(evaluation), TIDEGATE_DECISIONS=str(tmp_path / "log"))
    assert httpx.get(server.url + "/v1/traffic").status_code == 401
    assert httpx.get(server.url + "/v1/evaluation").status_code == 401
    admin, other = key(tmp_path, "admin"), key(tmp_path, "classify")
    in_force(server, admin, other)
    assert httpx.get(server.url + "/v1/traffic", headers=other).status_code == 403
    assert httpx.get(server.url + "/v1/evaluation", headers=other).status_code == 403
    for tenant in ("acme", "acme", "zenith"):
        classify(server, f"{SECRET} weapon", f"{SECRET} hill", **other, **{"X-Tidegate-Tenant": tenant})

    def traffic(**asked: str) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(server.url + "/v1/traffic", params=asked, headers=admin).json()
        return found

    until(lambda: traffic()["traffic"]["decisions"] == 6)
    until(lambda: traffic()["log"]["waiting"] == 0)
    found = traffic(tenant="acme", category="hate", minutes="5")
    assert found["traffic"]["decisions"] == 4
    assert sum(found["traffic"]["verdicts"]["block"]) == 2
    assert sum(map(sum, found["traffic"]["histograms"])) == 4
    assert [each["tenant"] for each in found["traffic"]["tenants"]] == ["acme", "zenith"]
    assert not found["traffic"]["whole"], "the server began meanwhile"
    assert found["traffic"]["since"] < found["traffic"]["remembered"] < found["traffic"]["until"]
    assert (found["evaluation"], found["same_model"]) == (EVALUATION.data, False)
    assert found["log"] == {"kept": True, "failing": False, "waiting": 0}
    served = httpx.get(server.url + "/v1/evaluation", headers=admin)
    assert msgspec.json.decode(served.content, type=Evaluation) == EVALUATION


ASKED_WRONG = [
    ("minutes=0", "minutes: must be a whole number from 1 to 10080"),
    ("minutes=10081", "minutes: must be a whole number from 1 to 10080"),
    (f"minutes={SECRET}", "minutes: must be a whole number from 1 to 10080"),
    ("minutes=5.5", "minutes: must be a whole number from 1 to 10080"),
    ("minutes=-5", "minutes: must be a whole number from 1 to 10080"),
    ("minutes=%D9%A5", "minutes: must be a whole number from 1 to 10080"),
    (f"category={SECRET}", "category: unknown category, or one without a score; GET /v1/taxonomy lists the slugs"),
    (
        "category=needs_caution",
        "category: unknown category, or one without a score; GET /v1/taxonomy lists the slugs",
    ),
    ("tenant=" + "x" * 129, "tenant: must have at most 128 characters"),
]


def test_what_is_asked_wrongly_is_named(serve: Serve, tmp_path: Path) -> None:
    server = serve()
    admin = key(tmp_path, "admin")
    in_force(server, admin)
    for query, wrong in ASKED_WRONG:
        answer = httpx.get(f"{server.url}/v1/traffic?{query}", headers=admin)
        assert (answer.status_code, answer.json()["detail"]) == (400, wrong), query
    answer = httpx.get(server.url + "/v1/evaluation", headers=admin)
    assert answer.status_code == 404
    assert answer.json()["detail"] == "there is no evaluation: TIDEGATE_EVALUATION names none"


def test_where_nothing_is_remembered_there_are_no_figures(serve: Serve, tmp_path: Path) -> None:
    server = serve(TIDEGATE_DECISIONS_RECENT="0")
    admin = key(tmp_path, "admin")
    in_force(server, admin)
    answer = httpx.get(server.url + "/v1/traffic", headers=admin)
    assert answer.status_code == 409
    assert answer.json()["detail"] == (
        "TIDEGATE_DECISIONS_RECENT is 0, so no decisions are remembered: start again with "
        "`TIDEGATE_DECISIONS_RECENT=50000 tidegate serve`"
    )


@pytest.mark.parametrize("name", ["text", "context"])
def test_no_text_is_in_the_figures(serve: Serve, tmp_path: Path, name: str) -> None:
    server = serve()
    admin = key(tmp_path, "admin")
    in_force(server, admin)
    item = {"role": "response", "text": "hill", "context": "hill"} | {name: SECRET}
    httpx.post(server.url + "/v1/classify", json={"items": [item]}, headers=admin).raise_for_status()
    until(lambda: httpx.get(server.url + "/v1/traffic", headers=admin).json()["traffic"]["decisions"] == 1)
    assert SECRET not in httpx.get(server.url + "/v1/traffic?category=hate", headers=admin).text
