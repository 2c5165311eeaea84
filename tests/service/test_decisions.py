"""A server that keeps its decisions: what it answers is on record, whatever happens to it, the disk or Redis."""

import concurrent.futures
import itertools
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from models.lines import NOT_CLOSED, Loss, pieces
from service.decisions.reading import records
from service.decisions.stream import FIELD, STREAM
from taxonomy.decision import Decision, Feedback
from taxonomy.files import native
from tests.running import RunningRedis, RunningServer, until

SECRET = "zebrafinch"
WRITTEN = 'tidegate_decisions_total{result="written"}'
LOST = 'tidegate_decisions_total{result="lost"}'
FAILURES = "tidegate_decision_log_failures_total"
Serve = Callable[..., RunningServer]
# Of `load`, and of each request in it.
CLIENTS, WORDS = 3, ("weapon", "hill", "river")


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RunningRedis]:
    with RunningRedis(tmp_path) as server:
        yield server
        server.resume()


def read(folder: Path) -> tuple[dict[str, Decision], list[Feedback], list[Loss]]:
    """Return the decisions of a folder by id, the feedback, and what is lost."""
    found = [each for path in sorted(folder.iterdir()) for each in records(pieces(path), native())]
    decisions = [each for each in found if isinstance(each, Decision)]
    by_id = {each.id: each for each in decisions}
    assert len(by_id) == len(decisions)
    return by_id, [x for x in found if isinstance(x, Feedback)], [x for x in found if isinstance(x, Loss)]


def ask(url: str, *texts: str, **more: Any) -> dict[str, Any]:
    answer = httpx.post(url + "/v1/classify", json={"items": [{"text": each} for each in texts], **more}, timeout=30)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def ids(answer: dict[str, Any]) -> set[str]:
    return {f"{answer['id']}-{i}" for i in range(len(answer["items"]))}


def test_every_answer_is_on_record_and_no_text(serve: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    server = serve(TIDEGATE_DECISIONS=str(folder), TIDEGATE_CACHE_SECRET="key")
    first = ask(server.url, f"{SECRET} weapon", f"{SECRET} hill", thresholds={"hate": 0.25})
    again = httpx.post(
        server.url + "/v1/classify",
        json={"items": [{"text": f"{SECRET} weapon"}]},
        headers={"X-Tidegate-Tenant": "acme"},
    ).json()
    turns = [{"role": "user", "content": f"{SECRET} a"}, {"role": "user", "content": f"{SECRET} b"}]
    joined = httpx.post(server.url + "/v1/classify", json={"messages": turns}).json()
    moderated = httpx.post(
        server.url + "/v1/moderations", json={"input": [f"{SECRET} weapon", f"{SECRET} hill"]}
    ).json()
    assert server.stop() == 0
    found, _, lost = read(folder)
    assert lost == []
    assert found.keys() == {
        *ids(first),
        *ids(again),
        *(f"{joined['id']}-{i}" for i in range(3)),
        *(f"{moderated['id']}-{i}" for i in range(2)),
    }
    weapon, hill = found[f"{first['id']}-0"], found[f"{first['id']}-1"]
    item = first["items"][0]
    assert (weapon.verdict, weapon.role, weapon.cached, weapon.tenant) == ("block", "text", False, "")
    by_slug = {each["slug"]: each["score"] for each in item["categories"]}
    kept = dict(zip(native().trained, weapon.scores, strict=False))
    assert {slug: round(10_000 * by_slug[slug]) for slug in kept} == kept
    assert weapon.scores[-2:] == (round(10_000 * item["unsafe"]), round(10_000 * item["attack"]))
    assert (weapon.policy, "sha256:" + weapon.policy_digest) == ("default", first["policy"]["digest"][:23])
    assert "sha256:" + weapon.model == first["model"]["digest"][:23]
    assert (weapon.thresholds, weapon.tokens) == ({"hate": 0.25}, item["coverage"]["tokens"])
    assert abs(weapon.time - 1000 * time.time()) < 60_000
    repeated = found[f"{again['id']}-0"]
    assert (repeated.tenant, repeated.cached, repeated.text) == ("acme", True, weapon.text)
    assert hill.text != weapon.text
    written = b"".join(each.data for path in folder.iterdir() for each in pieces(path) if not isinstance(each, Loss))
    assert SECRET.encode() not in written


def test_a_sample_of_none_writes_nothing(serve: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    server = serve(TIDEGATE_DECISIONS=str(folder), TIDEGATE_DECISIONS_SAMPLE="0")
    ask(server.url, "hill")
    assert server.stop() == 0
    assert not folder.exists() or list(folder.iterdir()) == []


@contextmanager
def load(url: str) -> Iterator[list[str]]:
    """Ask from all CLIENTS without a pause; yield the ids answered so far. Ends once nobody answers any more."""
    answered: list[str] = []
    ended = threading.Event()

    def client() -> None:
        with httpx.Client(base_url=url) as http:
            for number in itertools.takewhile(lambda _: not ended.is_set(), itertools.count()):
                items = [{"text": f"{SECRET} {number} {word}"} for word in WORDS]
                try:
                    answer = http.post("/v1/classify", json={"items": items})
                except httpx.TransportError:
                    return
                assert answer.status_code == 200
                answered.extend(ids(answer.json()))

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        asking = [pool.submit(client) for _ in range(CLIENTS)]
        try:
            yield answered
        finally:
            ended.set()
        for each in asking:
            each.result()


def test_the_log_of_a_running_server_has_lost_nothing(serve: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    server = serve(TIDEGATE_DECISIONS=str(folder))
    asked = ask(server.url, SECRET)
    until(lambda: server.metric(WRITTEN) == 1)
    found, _, lost = read(folder)
    assert (found.keys(), lost) == (ids(asked), [])


def test_a_crash_loses_what_was_not_written_yet_and_says_so(serve: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    server = serve(TIDEGATE_DECISIONS=str(folder))
    with load(server.url) as answered:
        until(lambda: server.metric(WRITTEN) > 100)
        early = {*answered}
        # Decisions are written in the order in which they were made: after these, and what was on its way beside them.
        until(lambda: server.metric(WRITTEN) >= len(early) + CLIENTS * len(WORDS))
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    found, _, lost = read(folder)
    assert [each.what for each in lost] == [NOT_CLOSED]
    assert len(early) > 50
    assert early <= found.keys()


def test_sigterm_loses_nothing(serve: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    server = serve(TIDEGATE_DECISIONS=str(folder))
    with load(server.url) as answered:
        until(lambda: server.metric(WRITTEN) > 50)
        assert server.stop() == 0
    found, _, lost = read(folder)
    assert lost == []
    assert {*answered} <= found.keys()


def test_a_full_disk_costs_a_counter_and_the_log_goes_on_when_there_is_room(serve: Serve, tmp_path: Path) -> None:
    folder = tmp_path / "log"
    server = serve(TIDEGATE_DECISIONS=str(folder))
    before = ask(server.url, f"{SECRET} before")
    until(lambda: server.metric(WRITTEN) == 1)
    # No file of the process may grow any more: to it that is a disk without room.
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    during = ask(server.url, f"{SECRET} during")
    until(lambda: server.metric(FAILURES) >= 2)
    after = [ask(server.url, f"{SECRET} {number}") for number in range(20)]
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    until(lambda: server.metric(WRITTEN) == 22)
    assert server.metric(LOST) == 0
    assert server.stop() == 0
    found, _, lost = read(folder)
    assert found.keys() == set.union(*(ids(each) for each in (before, during, *after)))
    assert {each.what for each in lost} == {NOT_CLOSED}  # of the file that was open: nothing in it is missing


def test_a_redis_that_dies_costs_a_counter_and_gets_what_waits_when_it_is_back(
    serve: Serve, own_redis: RunningRedis
) -> None:
    server = serve(TIDEGATE_DECISIONS=own_redis.url)
    ask(server.url, f"{SECRET} before")
    until(lambda: own_redis.client().xlen(STREAM) == 1)
    own_redis.stop()
    ask(server.url, f"{SECRET} lost with the first failure")
    until(lambda: server.metric(LOST) >= 1)  # and not of failures: there may have been one of another kind before
    for number in range(20):
        ask(server.url, f"{SECRET} {number}")
    own_redis.start()
    until(lambda: own_redis.client().xlen(STREAM) >= 20)
    assert server.metric(LOST) <= 1
    ((_, entry), *_) = own_redis.client().xrange(STREAM, count=1)
    assert SECRET.encode() not in entry[FIELD]


def test_a_redis_that_hangs_keeps_no_request_waiting(serve: Serve, own_redis: RunningRedis) -> None:
    server = serve(TIDEGATE_DECISIONS=own_redis.url)
    ask(server.url, f"{SECRET} before")
    until(lambda: own_redis.client().xlen(STREAM) == 1)
    own_redis.pause()
    answered = 0
    while server.metric(FAILURES) == 0:
        ask(server.url, f"{SECRET} {answered}")
        answered += 1
    own_redis.resume()
    until(lambda: own_redis.client().xlen(STREAM) >= answered)


@pytest.mark.parametrize(
    ("make", "wrong"),
    [
        (lambda path: path.write_text("x"), "the folder cannot be made (File exists)"),
        (lambda path: path.symlink_to("/proc/nothing/here"), "the folder cannot be made (File exists)"),
    ],
)
def test_a_folder_that_cannot_be_one_stops_the_start(
    serve: Serve, tmp_path: Path, make: Callable[[Path], object], wrong: str
) -> None:
    make(tmp_path / "log")
    with pytest.raises(RuntimeError, match=r"TIDEGATE_DECISIONS: .*") as caught:
        serve(TIDEGATE_DECISIONS=str(tmp_path / "log"))
    assert f"tidegate: TIDEGATE_DECISIONS: {wrong}" in str(caught.value)
