"""The wall clock put hours forward and back under a running server: no answer, deadline or cached score notices."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.faults.stream import Stream
from tests.faults.watched import HANGS_SECONDS, SECRET, WatchedServer, shares
from tests.running import RunningRedis, until

HOUR = 3600
# Longer than any time the service knows: a cached score's is 24 hours.
FORWARD, BACK = 30 * HOUR, -30 * HOUR
ERRORS = 'tidegate_cache_total{result="error"}'
HEADER = "X-Tidegate-Deadline-Ms"
PAGE = f"{SECRET}. We took the path by the sea and saw the birds go out to the rocks. " * 60


@pytest.fixture
def server(watch: Callable[..., WatchedServer], tiny_bundle: Path) -> WatchedServer:
    return watch(TIDEGATE_BUNDLE=str(tiny_bundle))


def body(*texts: str) -> dict[str, object]:
    return {"items": [{"text": text} for text in texts]}


def some(stream: Stream) -> None:
    answered = stream.answered
    until(lambda: stream.answered >= answered + 40, HANGS_SECONDS)


def test_a_clock_that_jumps_under_load_changes_no_answer_and_no_metric(server: WatchedServer) -> None:
    with Stream(server.url) as stream:
        some(stream)
        for wrong_by in (FORWARD, BACK, 0, 400 * 24 * HOUR, BACK, 0):
            server.set_clock(wrong_by)
            some(stream)
    assert stream.wrong == {}
    for name in ("request", "queue", "inference"):
        labels = '{route="/v1/classify"}' if name == "request" else ""
        seconds = server.metric(f"tidegate_{name}_seconds_sum{labels}")
        assert server.metric(f"tidegate_{name}_seconds_count{labels}") > 0
        assert 0 <= seconds < HOUR


def test_deadlines_are_kept_whatever_the_clock_says(watch: Callable[..., WatchedServer]) -> None:
    # The shipped bundle, one thread: what waits for it waits for long enough.
    server = watch(TIDEGATE_THREADS="1", TIDEGATE_CACHE="off")
    for wrong_by in (FORWARD, BACK):
        server.set_clock(0)
        with ThreadPoolExecutor(1) as pool:
            many = body(*(f"{i} {PAGE}" for i in range(6)))
            post = server.http.post
            far = pool.submit(post, "/v1/classify", json=many, headers={HEADER: str(HOUR * 1000)})
            until(lambda: server.metric("tidegate_queued_tokens") > 0 or far.done())  # noqa: B023
            server.set_clock(wrong_by)
            near = post("/v1/classify", json=body(*(f"late {i} {PAGE}" for i in range(6))), headers={HEADER: "50"})
            assert near.status_code == 504
            # Thirty hours went by, and the deadline is in one.
            assert far.result(HANGS_SECONDS).status_code == 200
        until(lambda: server.metric("tidegate_queued_tokens") == 0)


def test_a_connection_that_is_kept_alive_outlives_a_jump(server: WatchedServer) -> None:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=HANGS_SECONDS)
    connection.connect()
    kept = connection.sock
    for wrong_by in (0, FORWARD, BACK):
        server.set_clock(wrong_by)
        connection.request("GET", "/health/ready")
        with connection.getresponse() as answer:
            assert answer.status == 200
            answer.read()
        assert connection.sock is kept
    connection.close()


def test_scores_in_memory_live_as_long_as_they_should(
    server: WatchedServer, watch: Callable[..., WatchedServer], tiny_bundle: Path
) -> None:
    assert server.judged(SECRET)["cached"] is False
    for wrong_by in (FORWARD, BACK):
        server.set_clock(wrong_by)
        assert server.judged(SECRET)["cached"] is True

    short = watch(TIDEGATE_BUNDLE=str(tiny_bundle), TIDEGATE_CACHE_TTL_SECONDS="2")
    assert short.judged(SECRET)["cached"] is False
    # By the clock it would end at a time that does not come again for more than a day.
    short.set_clock(BACK)
    until(lambda: short.judged(SECRET)["cached"] is False, HANGS_SECONDS)


def test_scores_in_redis_live_as_long_as_they_should_and_its_return_is_noticed(
    watch: Callable[..., WatchedServer], tiny_bundle: Path, tmp_path: Path
) -> None:
    with RunningRedis(tmp_path) as redis:
        variables = {
            "TIDEGATE_BUNDLE": str(tiny_bundle),
            "TIDEGATE_REDIS_URL": redis.url,
            "TIDEGATE_CACHE_SECRET": "heron",
            "TIDEGATE_REDIS_TIMEOUT_MS": "1000",
        }
        server, other = watch(**variables), watch(**variables)
        for wrong_by in (0, FORWARD, BACK):
            server.set_clock(wrong_by)
            until(lambda: shares(server, other) and shares(other, server), HANGS_SECONDS)
        with redis.client() as client:
            left = [client.ttl(key) for key in client.scan_iter()]
        # A day, less the jitter and what the test has taken.
        assert len(left) >= 6
        assert all(20 * HOUR < seconds <= 24 * HOUR for seconds in left)
        redis.stop()
        errors = server.metric(ERRORS)
        until(lambda: not shares(other, server) and server.metric(ERRORS) > errors, HANGS_SECONDS)
        # It is left alone for a moment, which must not become hours.
        server.set_clock(2 * BACK)
        redis.start()
        until(lambda: shares(server, other) and shares(other, server), HANGS_SECONDS)
