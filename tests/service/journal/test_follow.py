"""Followers on one journal: each sees what the others commit, and nobody overwrites anybody."""

import asyncio
from collections.abc import Callable
from unittest.mock import Mock

import msgspec
import pytest

from service.errors import TooLarge
from service.journal.entries import PolicySaved
from service.journal.fold import MOST_BYTES, Contradiction
from service.journal.follow import Follower
from service.journal.standing import Standing
from tests.service.journal.written import activated, eventually, key, saved

Open = Callable[[], Follower]


async def test_what_one_commits_another_reads(follower: Open) -> None:
    one, other = follower(), follower()
    await one.commit(lambda _: saved(threshold=0.25))
    after = await one.commit(lambda _: activated())
    assert (after.revision, after.policies["strict"].active) == (2, 1)
    assert (await other.refresh()) == after == one.standing
    assert other.standing.policies["strict"].versions[1].policy.rules["prompt"]["violence"].threshold == 0.25


async def test_revision_and_time_are_filled_in(follower: Open) -> None:
    one = follower()
    version = (await one.commit(lambda _: saved(reason="too many alarms"))).policies["strict"].versions[1]
    assert (version.revision, version.author, version.reason) == (1, "ada", "too many alarms")
    assert version.time > 1_700_000_000_000


async def test_who_comes_second_decides_anew(follower: Open) -> None:
    one, other = follower(), follower()
    await other.refresh()
    await one.commit(lambda _: saved())
    asked: list[int] = []

    def next_version(standing: Standing) -> PolicySaved:
        asked.append(standing.revision)
        return saved(version=standing.policies["strict"].last + 1)

    after = await other.commit(next_version)
    assert (asked, list(after.policies["strict"].versions)) == ([1], [1, 2])


async def test_a_refusal_of_the_maker_writes_nothing(follower: Open) -> None:
    one = follower()

    def refuse(_: Standing) -> PolicySaved:
        raise LookupError

    with pytest.raises(LookupError):
        await one.commit(refuse)
    assert (await one.refresh()) == Standing()


async def test_what_contradicts_is_not_written(follower: Open) -> None:
    one = follower()
    with pytest.raises(Contradiction, match=r"^no policy of that name was saved$"):
        await one.commit(lambda _: activated())
    await one.commit(lambda _: saved())
    with pytest.raises(Contradiction, match=r"^a version of that number was saved before$"):
        await one.commit(lambda _: saved())
    assert (await follower().refresh()).revision == 1


async def test_what_is_too_long_is_not_written(follower: Open) -> None:
    one = follower()
    with pytest.raises(TooLarge, match=r"^with all it rests on this takes 10\d+ bytes, and may take 1048576$"):
        await one.commit(lambda _: msgspec.structs.replace(key(1), note="x" * MOST_BYTES))
    assert (await follower().refresh()).revision == 0


async def test_an_error_of_ours_does_not_end_the_following(
    follower: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = follower()
    async with follower() as one:
        with monkeypatch.context() as patched:
            patched.setattr("service.journal.follow.folded", Mock(side_effect=LookupError("SECRET")))
            await other.commit(lambda _: saved())
            await eventually(lambda: bool(one.condition.problem))
            assert (one.condition.problem, one.standing) == ("the journal cannot be read: LookupError", Standing())
        await eventually(lambda: not one.condition.problem)
        assert one.standing.revision == 1
    assert "SECRET" not in caplog.text


async def test_many_at_once_all_get_their_place(follower: Open) -> None:
    followers = [follower() for _ in range(4)]
    commits = [followers[i % 4].commit(lambda _, i=i: key(i)) for i in range(40)]  # type: ignore[misc]
    await asyncio.gather(*commits)
    standings = [await each.refresh() for each in followers]
    assert standings[0].keys.keys() == {f"k{i}" for i in range(40)}
    assert (standings[0].revision, standings[0].skips) == (40, 0)
    assert standings == standings[:1] * 4


async def test_a_follower_keeps_current_by_itself(follower: Open) -> None:
    one = follower()
    async with follower() as other:
        await one.commit(lambda _: saved())
        await eventually(lambda: other.standing == one.standing)
