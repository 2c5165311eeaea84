"""Redis killed, paused and restarted under load: every request is answered, and rightly."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.stream import Stream
from tests.faults.watched import HANGS_SECONDS, SECRET, WatchedServer, shares
from tests.running import RunningRedis, until

ERRORS = 'tidegate_cache_total{result="error"}'
# Answers to wait for in each state of Redis: some for every client.
SOME = 40


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RunningRedis]:
    """A Redis of this test's own, to be treated badly."""
    with RunningRedis(tmp_path) as running:
        yield running


@pytest.fixture
def servers(
    watch: Callable[..., WatchedServer], tiny_bundle: Path, redis: RunningRedis
) -> tuple[WatchedServer, WatchedServer]:
    """Two replicas: the one that is asked without a pause, and one more."""
    variables = {
        "TIDEGATE_BUNDLE": str(tiny_bundle),
        "TIDEGATE_REDIS_URL": redis.url,
        "TIDEGATE_CACHE_SECRET": "heron",
        # The usual 5 ms are too few for a Redis beside busy tests.
        "TIDEGATE_REDIS_TIMEOUT_MS": "200",
    }
    return watch(**variables), watch(**variables)


def fails(server: WatchedServer, stream: Stream) -> None:
    """Wait until Redis is seen to fail, and until it has been gone for some answers."""
    errors, answered = server.metric(ERRORS), stream.answered
    until(lambda: server.metric(ERRORS) > errors and stream.answered >= answered + SOME, HANGS_SECONDS)


def returns(servers: tuple[WatchedServer, WatchedServer], stream: Stream) -> None:
    """Wait until Redis is seen to be of use, to the one and to the other."""
    one, other = servers
    known, answered = stream.hits, stream.answered
    until(lambda: shares(one, other), HANGS_SECONDS)
    until(lambda: shares(other, one), HANGS_SECONDS)
    until(lambda: stream.hits >= known + SOME and stream.answered >= answered + SOME, HANGS_SECONDS)


def test_redis_comes_and_goes_under_load_and_no_answer_is_lost_or_wrong(
    servers: tuple[WatchedServer, WatchedServer], redis: RunningRedis
) -> None:
    server, _ = servers
    with Stream(server.url) as stream:
        returns(servers, stream)
        for _ in range(2):
            redis.stop()
            fails(server, stream)
            redis.start()
            returns(servers, stream)

            # Connections stay open and hold answers that come too late: they must not be taken for later ones.
            redis.pause()
            fails(server, stream)
            redis.resume()
            returns(servers, stream)

            redis.pause()
            fails(server, stream)
            redis.stop()
            redis.start()
            returns(servers, stream)
        for _ in range(5):
            redis.stop()
            redis.start()
        returns(servers, stream)
        with redis.client() as client:
            client.client_kill_filter(_type="normal", skipme=True)
        returns(servers, stream)
    assert stream.wrong == {}
    statuses = {name for name in server.metrics() if name.startswith("tidegate_requests_total{") and "classify" in name}
    assert statuses == {'tidegate_requests_total{route="/v1/classify",status="200"}'}
    assert server.metric("tidegate_queued_tokens") == 0
    log = server.log.read_text()
    assert "redis failed (" in log
    assert "heron" not in log
    assert SECRET not in log


def test_a_redis_that_refuses_to_write_is_read_all_the_same(
    servers: tuple[WatchedServer, WatchedServer], redis: RunningRedis
) -> None:
    server, other = servers
    texts = [f"{SECRET} kept {i}" for i in range(200)]
    for text in texts:
        other.judged(text)
    with Stream(server.url) as stream, redis.client() as client:
        returns(servers, stream)
        # Full, and it must throw nothing away.
        client.config_set("maxmemory", 1)
        fails(server, stream)
        until(lambda: server.judged(texts.pop())["cached"])
        client.config_set("maxmemory", 0)
        returns(servers, stream)
    assert stream.wrong == {}
