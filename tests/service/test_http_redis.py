"""Scores shared in Redis, end to end: two servers, one Redis, and a Redis that goes away."""

from collections.abc import Callable

import httpx

from tests.running import RunningRedis, RunningServer, until

TEXT = "zebrafinch and a weapon"
PASSWORD = "osprey"
# On a busy machine a tested Redis may take longer than a real one is given.
PATIENT = {"TIDEGATE_REDIS_TIMEOUT_MS": "5000"}


def cached(server: RunningServer, text: str = TEXT) -> bool:
    answer = httpx.post(server.url + "/v1/classify", json={"items": [{"text": text}]}, timeout=30)
    assert (answer.status_code, answer.json()["verdict"]) == (200, "block")
    found: bool = answer.json()["items"][0]["cached"]
    return found


def test_what_one_server_scored_another_knows(
    serve: Callable[..., RunningServer], redis_server: RunningRedis, redis_url: str
) -> None:
    shared = {"TIDEGATE_REDIS_URL": redis_url, "TIDEGATE_CACHE_SECRET": PASSWORD, **PATIENT}
    first = serve(**shared)
    with redis_server.client() as redis:
        # The connection is there before a text is: a healthy Redis costs the first request no error.
        assert [each["name"] for each in redis.client_list() if each["name"]] == ["tidegate"]
    assert cached(first) is False
    with redis_server.client() as redis:
        until(lambda: redis.dbsize() == 1)
        (key,) = redis.keys()
        kept = redis.get(key)
        assert 0 < redis.ttl(key) <= 86_400
    assert key.startswith(b"tidegate:score:")
    assert len(key.removeprefix(b"tidegate:score:")) == 32
    for word in ("zebrafinch", "weapon"):
        assert word.encode() not in key + kept

    assert cached(serve(**shared)) is True
    # Another secret makes other keys: whoever has not the secret cannot tell what is known.
    assert cached(serve(**shared | {"TIDEGATE_CACHE_SECRET": "heron"})) is False

    log = first.log.read_text()
    assert "TIDEGATE_REDIS_URL=***" in log
    assert "TIDEGATE_CACHE_SECRET=***" in log
    assert PASSWORD not in log
    assert redis_url not in log


def test_a_redis_that_goes_away_is_a_miss_and_its_return_is_noticed(
    serve: Callable[..., RunningServer], redis_server: RunningRedis, redis_url: str
) -> None:
    shared = {"TIDEGATE_REDIS_URL": redis_url, "TIDEGATE_CACHE_SECRET": PASSWORD, **PATIENT}
    # It keeps one text in memory: of the others only Redis knows.
    server = serve(**shared, TIDEGATE_CACHE_ENTRIES="1")
    texts = [f"{TEXT} {i}" for i in range(4)]

    def all_cached() -> bool:
        return [cached(server, text) for text in texts] == [True] * 4

    until(all_cached)
    redis_server.stop()
    try:
        assert [cached(server, text) for text in texts[:2]] == [False, False]
        assert server.metric('tidegate_cache_total{result="error"}') >= 2
        assert httpx.get(server.url + "/health/ready").status_code == 200
    finally:
        redis_server.start()
    until(all_cached)
    assert TEXT.split()[0] not in server.log.read_text()
    assert "Traceback" not in server.log.read_text()


def test_what_is_in_memory_is_known_without_redis(
    serve: Callable[..., RunningServer], redis_server: RunningRedis, redis_url: str
) -> None:
    server = serve(TIDEGATE_REDIS_URL=redis_url, TIDEGATE_CACHE_SECRET=PASSWORD, **PATIENT)
    until(lambda: cached(server))
    redis_server.stop()
    try:
        assert cached(server) is True
        assert server.metric('tidegate_cache_total{result="error"}') == 0
    finally:
        redis_server.start()


def test_a_redis_that_was_never_there_stops_nothing(serve: Callable[..., RunningServer]) -> None:
    server = serve(TIDEGATE_REDIS_URL="redis://127.0.0.1:1/0", TIDEGATE_CACHE_SECRET=PASSWORD)
    assert cached(server) is False
