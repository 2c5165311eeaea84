"""Redis killed, paused, emptied and wrongly set up: what was acknowledged is kept, or its loss is noticed."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.errors import Unavailable
from service.journal.entries import Entry
from service.journal.follow import Condition, Follower
from service.journal.redis import KEY, RedisJournal
from service.journal.standing import Standing
from service.metrics import Metrics
from tests.running import RunningRedis, free_port
from tests.service.journal.written import activated, eventually, key, saved

GONE = "the journal's Redis cannot be reached"
LOST = "the journal has lost entries; what was in force stays, and nothing is written"
OTHER = "the journal has other entries than before; what was in force stays, and nothing is written"


@pytest.fixture(params=["always", "never"])
def kept(request: pytest.FixtureRequest) -> bool:
    """Whether Redis keeps what it was told."""
    return bool(request.param == "always")


@pytest.fixture
def redis(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[RunningRedis]:
    """A Redis of this test's own, which keeps all if the test asks for that."""
    keeps = "kept" in request.fixturenames and request.getfixturevalue("kept")
    with RunningRedis(tmp_path, keeps=keeps) as running:
        yield running
        running.resume()


def follow(redis: RunningRedis) -> Follower:
    return Follower(RedisJournal(redis.url), Metrics())


def errors(follower: Follower, kind: str) -> float:
    found = follower._metrics.registry.get_sample_value("tidegate_journal_errors_total", {"kind": kind})
    return found or 0.0


@pytest.mark.parametrize("kept", ["always"], indirect=True)
async def test_redis_killed_while_it_is_written_loses_nothing_acknowledged(redis: RunningRedis, kept: bool) -> None:
    known: list[str] = []
    over: list[bool] = []
    numbers = iter(range(100_000))

    async def write(follower: Follower) -> None:
        while not over:
            entry = key(next(numbers))
            try:
                await follower.commit(lambda _, entry=entry: entry)  # type: ignore[misc]
            except Unavailable:
                await asyncio.sleep(0.01)
            else:
                known.append(entry.id)

    async with follow(redis) as one, follow(redis) as other:
        writers = [asyncio.create_task(write(each)) for each in (one, other)]
        for _ in range(3):
            enough = len(known) + 20
            await eventually(lambda: len(known) > enough)  # noqa: B023  # waited for here
            redis.stop()
            await eventually(lambda: one.condition.problem == GONE)
            await asyncio.to_thread(redis.start)
        enough = len(known) + 20
        await eventually(lambda: len(known) > enough)
        over.append(True)
        await asyncio.gather(*writers)
        await eventually(lambda: one.standing == other.standing)
        found = one.standing
    assert [each for each in known if each not in found.keys] == []
    assert found.skips == 0


async def test_a_restart_either_keeps_all_or_is_noticed(redis: RunningRedis, kept: bool) -> None:
    async with follow(redis) as one:
        await one.commit(lambda _: saved())
        before = await one.commit(lambda _: activated())
        redis.stop()
        await asyncio.to_thread(redis.start)
        await eventually(lambda: one.condition.problem == ("" if kept else LOST))
        assert one.standing == before
        if kept:
            assert (await one.commit(lambda _: key(1))).revision == 3
        else:
            with pytest.raises(Unavailable) as refused:
                await one.commit(lambda _: key(1))
            assert refused.value.detail == LOST
            assert errors(one, "lost") >= 1
            with redis.client() as client:
                assert client.exists(KEY) == 0


async def test_another_history_is_not_taken_for_ours(redis: RunningRedis, caplog: pytest.LogCaptureFixture) -> None:
    async with follow(redis) as one:
        before = await one.commit(lambda _: saved())
        redis.pause()  # so that it cannot see the empty one in between
        redis.stop()
        await asyncio.to_thread(redis.start)
        other = follow(redis)
        for i in range(3):
            await other.commit(lambda _, i=i: key(i))  # type: ignore[misc]
        await eventually(lambda: one.condition.problem == OTHER)
        assert one.standing == before
        with pytest.raises(Unavailable, match="other entries"):
            await one.commit(lambda _: key(9))
        assert len(other.standing.keys) == 3
        await other.__aexit__(None, None, None)
    assert OTHER in [record.getMessage() for record in caplog.records]


async def test_history_that_comes_back_is_followed_again(redis: RunningRedis) -> None:
    async with follow(redis) as one:
        await one.commit(lambda _: saved())
        with redis.client() as client:
            client.rename(KEY, "aside")
            await eventually(lambda: one.condition.problem == LOST)
            client.rename("aside", KEY)
        await eventually(lambda: one.condition.problem == "")
        assert (await one.commit(lambda _: activated())).revision == 2


async def test_a_redis_that_is_not_there_yet(redis: RunningRedis) -> None:
    redis.stop()
    async with follow(redis) as one:
        assert one.condition == Condition("redis", False, 0, GONE)
        with pytest.raises(Unavailable) as unread:
            one.require_read()
        assert unread.value.detail == f"the journal (TIDEGATE_STATE) has not been read yet: {GONE}"
        with pytest.raises(Unavailable) as refused:
            await one.commit(lambda _: key(1))
        assert refused.value.detail == GONE
        assert errors(one, "unreachable") >= 2
        await asyncio.to_thread(redis.start)
        await eventually(lambda: one.condition.read)
        one.require_read()
        assert (await one.commit(lambda _: key(1))).revision == 1


async def test_an_answer_that_comes_late_is_found_by_reading(
    redis: RunningRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = follow(redis)
    asked: list[Standing] = []
    read = one._journal.read

    async def read_on(after: int) -> list[bytes]:
        redis.resume()
        return await read(after)

    def paused(standing: Standing) -> Entry:
        # After it was read and before it is written. The write waits in Redis' socket until nobody waits for its answer
        # any more, and it is looked for.
        asked.append(standing)
        redis.pause()
        monkeypatch.setattr(one._journal, "read", read_on)
        return key(1)

    after = await one.commit(paused)
    assert (after.revision, list(after.keys), len(asked)) == (1, ["k1"], 1)
    with redis.client() as client:
        assert client.llen(KEY) == 1
    assert (await one.commit(lambda _: key(2))).revision == 2
    await one.__aexit__(None, None, None)


async def test_a_write_without_an_answer_says_so(redis: RunningRedis) -> None:
    one = follow(redis)

    def paused(_: Standing) -> Entry:
        redis.pause()
        return key(1)

    with pytest.raises(Unavailable) as refused:
        await one.commit(paused)
    assert refused.value.detail == (
        "the journal's Redis does not answer within 1 s; look whether the change was made before you make it again"
    )
    redis.resume()
    found = await one.refresh()
    with redis.client() as client:
        assert client.llen(KEY) == found.revision <= 1
    await one.__aexit__(None, None, None)


async def test_what_redis_lacks_is_said(redis: RunningRedis, caplog: pytest.LogCaptureFixture) -> None:
    with redis.client() as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
    async with follow(redis) as one:
        doubts = one.condition.doubts
    assert doubts == (
        "Redis may lose entries that it took: appendonly is no, and should be yes",
        "Redis may lose entries that it took: appendfsync is everysec, and should be always",
        "Redis may lose entries that it took: maxmemory-policy is allkeys-lru, and should be noeviction",
    )
    assert [record.getMessage() for record in caplog.records if record.levelname == "WARNING"] == list(doubts)


@pytest.mark.parametrize("kept", ["always"], indirect=True)
async def test_a_redis_that_keeps_all_raises_no_doubt(redis: RunningRedis, kept: bool) -> None:
    async with follow(redis) as one:
        assert one.condition == Condition("redis", True, 0)


async def test_a_redis_that_hides_its_configuration(redis: RunningRedis) -> None:
    with redis.client() as client:
        client.acl_setuser("default", enabled=True, nopass=True, commands=["-config"], keys=["*"])
    async with follow(redis) as one:
        assert one.condition.doubts == (
            "this Redis does not show its configuration: whether it keeps every entry cannot be told",
        )
        assert (await one.commit(lambda _: key(1))).revision == 1


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("SET", KEY, "x"), "the journal's Redis refuses: its key is in use for something else"),
        (("CONFIG", "SET", "requirepass", "osprey"), "the journal's Redis wants another user name or password"),
        (
            ("ACL", "SETUSER", "default", "-lrange"),
            "the journal's Redis refuses: its user may not use the key or a command",
        ),
    ],
)
async def test_a_redis_that_refuses_to_be_read(redis: RunningRedis, command: tuple[str, ...], why: str) -> None:
    with redis.client() as client:
        client.execute_command(*command)
    async with follow(redis) as one:
        assert one.condition.problem == why
        with pytest.raises(Unavailable) as refused:
            await one.commit(lambda _: key(1))
        assert refused.value.detail == why


async def test_a_redis_that_is_full_refuses_to_write_and_is_read_on(redis: RunningRedis) -> None:
    async with follow(redis) as one:
        await one.commit(lambda _: saved())
        with redis.client() as client:
            client.config_set("maxmemory", 1)
            with pytest.raises(Unavailable, match=r"^the journal's Redis refuses: it has no memory left; look whether"):
                await one.commit(lambda _: activated())
            client.config_set("maxmemory", 0)
        assert (await one.commit(lambda _: activated())).revision == 2


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("REPLICAOF", "127.0.0.1", "1"), "it is a replica that takes no writes"),
        (("CONFIG", "SET", "min-replicas-to-write", "1"), "too few of its replicas can be reached"),
        (("ACL", "SETUSER", "default", "-rpush"), "its user may not use the key or a command"),
    ],
)
async def test_a_redis_that_refuses_to_be_written(redis: RunningRedis, command: tuple[str, ...], why: str) -> None:
    async with follow(redis) as one:
        with redis.client() as client:
            client.execute_command(*command)
        with pytest.raises(Unavailable) as refused:
            await one.commit(lambda _: key(1))
    assert refused.value.detail == (
        f"the journal's Redis refuses: {why}; look whether the change was made before you make it again"
    )


async def test_a_wrong_password_is_not_repeated(redis: RunningRedis) -> None:
    with redis.client() as client:
        client.config_set("requirepass", "osprey")
    async with Follower(RedisJournal(redis.url.replace("//", "//:heron@")), Metrics()) as one:
        assert one.condition.problem == "the journal's Redis wants another user name or password"
    unreachable = Follower(RedisJournal(f"redis://:heron@127.0.0.1:{free_port()}/0"), Metrics())
    async with unreachable as one:
        assert one.condition.problem == GONE
