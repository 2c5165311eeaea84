"""The journal as an operator sees it: readiness, /v1/info, metrics and the log of a running service."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx

from service.configuration.settings import Settings
from service.journal.follow import Follower
from service.journal.opened import open_journal
from service.metrics import Metrics
from tests.running import RunningRedis, RunningServer, until
from tests.service.journal.written import saved

UNREACHABLE = 'tidegate_journal_errors_total{kind="unreachable"}'


def condition(server: RunningServer) -> dict[str, object]:
    found: dict[str, object] = httpx.get(server.url + "/v1/info").json()["journal"]
    return found


def write(place: str, count: int) -> None:
    """Commit policies from this process, as a replica would."""
    journal = open_journal(Settings(state=place))

    async def commit() -> None:
        async with Follower(journal, Metrics()) as follower:
            for _ in range(count):
                await follower.commit(lambda standing: saved(f"policy-{standing.revision}"))

    asyncio.run(commit())


def test_by_default_there_is_a_file_once_something_is_written(
    serve: Callable[..., RunningServer], tmp_path: Path
) -> None:
    server = serve()
    assert condition(server) == {"kind": "sqlite", "read": True, "revision": 0}
    path = tmp_path / "tidegate" / "state.db"
    assert not path.exists()
    path.parent.mkdir()
    write(str(path), 2)
    until(lambda: condition(server)["revision"] == 2)
    assert server.metric("tidegate_journal_revision") == 2


def test_off_is_said(serve: Callable[..., RunningServer]) -> None:
    assert condition(serve(TIDEGATE_STATE="off")) == {"kind": "off", "read": True, "revision": 0}


def test_replicas_on_one_redis_come_to_the_same(serve: Callable[..., RunningServer], tmp_path: Path) -> None:
    with RunningRedis(tmp_path, keeps=True) as redis:
        servers = [serve(TIDEGATE_STATE=redis.url) for _ in range(2)]
        write(redis.url, 3)
        for server in servers:
            until(lambda: server.metric("tidegate_journal_revision") == 3)  # noqa: B023  # waited for here
        assert [condition(server) for server in servers] == [{"kind": "redis", "read": True, "revision": 3}] * 2
    assert redis.url not in servers[0].log.read_text()


def test_a_redis_that_was_never_read_makes_it_live_but_not_ready(
    serve: Callable[..., RunningServer], tmp_path: Path
) -> None:
    redis = RunningRedis(tmp_path, keeps=True)
    server = serve(TIDEGATE_STATE=redis.url, TIDEGATE_TCP="false", TIDEGATE_UDS=str(tmp_path / "socket"))
    with server.client(over_uds=True) as client:
        assert client.get("/health/live").status_code == 200
        for route in ("/health/ready", "/v1/info"):
            answer = client.get(route)
            assert (answer.status_code, answer.json()["detail"]) == (
                503,
                "the journal (TIDEGATE_STATE) has not been read yet: the journal's Redis cannot be reached",
            )
        with redis:
            until(lambda: client.get("/health/ready").status_code == 200)
        # From then on what is in force is known, whatever becomes of Redis.
        until(lambda: "problem" in client.get("/v1/info").json()["journal"])
        assert client.get("/health/ready").status_code == 200
    assert "Traceback" not in server.log.read_text()


def test_a_redis_that_goes_away_is_counted_and_its_return_noticed(
    serve: Callable[..., RunningServer], tmp_path: Path
) -> None:
    with RunningRedis(tmp_path, keeps=True) as redis:
        server = serve(TIDEGATE_STATE=redis.url)
        redis.stop()
        until(lambda: server.metric(UNREACHABLE) >= 2)
        assert condition(server)["problem"] == "the journal's Redis cannot be reached"
        assert httpx.get(server.url + "/health/ready").status_code == 200
        redis.start()
        until(lambda: "problem" not in condition(server))
        write(redis.url, 1)
        until(lambda: condition(server)["revision"] == 1)
    log = server.log.read_text()
    # Said once, not four times a second.
    assert log.count("the journal's Redis cannot be reached") == 1
    assert "the journal is read again" in log


def test_an_entry_that_cannot_be_read_is_counted_and_harms_nothing(
    serve: Callable[..., RunningServer], tmp_path: Path
) -> None:
    with RunningRedis(tmp_path, keeps=True) as redis:
        with redis.client() as client:
            client.rpush(
                "tidegate:journal:entries", b'{"kind":"model replaced","author":"osprey","revision":1}', b"\xff"
            )
        server = serve(TIDEGATE_STATE=redis.url)
        assert condition(server) == {"kind": "redis", "read": True, "revision": 2, "skipped": 2}
        assert server.metric('tidegate_journal_errors_total{kind="skipped"}') == 2
        log = server.log.read_text()
        assert "entry 1 of the journal is skipped: it cannot be read: damaged, or written by a newer tidegate" in log
        assert "osprey" not in log
        write(redis.url, 1)
        until(lambda: condition(server)["revision"] == 3)
        with redis.client() as client:
            assert client.lindex("tidegate:journal:entries", 1) == b"\xff"


def test_what_was_saved_is_there_after_a_crash(serve: Callable[..., RunningServer], tmp_path: Path) -> None:
    server = serve()
    journal = open_journal(Settings(), {"XDG_STATE_HOME": str(tmp_path)})

    async def commit() -> None:
        async with Follower(journal, Metrics()) as follower:
            await follower.commit(lambda _: saved())

    asyncio.run(commit())
    until(lambda: condition(server)["revision"] == 1)
    server.process.kill()
    server.process.wait()
    assert condition(serve())["revision"] == 1
