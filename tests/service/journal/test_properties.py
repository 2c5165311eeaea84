"""Whatever is committed in whatever order through several followers, all come to the same, and nothing is lost."""

import asyncio
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import TypeAlias

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from service.journal.entries import (
    Entry,
    KeyCreated,
    KeyRevoked,
    PolicyActivated,
    PolicyRetired,
    ShadowSet,
    TenantAssigned,
    decode,
)
from service.journal.fold import Contradiction, folded
from service.journal.follow import Follower
from service.journal.sqlite import SqliteJournal
from service.journal.standing import PolicyStanding, Standing
from service.metrics import Metrics
from tests.service.journal.written import AUTHOR, saved

NAMES = ("a", "b")
Make: TypeAlias = Callable[[Standing], Entry]


def save(name: str, threshold: float) -> Make:
    """Return the maker of a policy's next version, whichever that is then."""
    return lambda now: saved(name, now.policies.get(name, PolicyStanding()).last + 1, threshold)


def plain(entry: Entry) -> Make:
    return lambda _: entry


names, numbers = st.sampled_from(NAMES), st.integers(0, 3)
saves = st.builds(save, names, st.sampled_from([0.25, 0.5, 0.75]))
others = st.one_of(
    st.builds(PolicyActivated, name=names, version=numbers, author=st.just(AUTHOR)),
    st.builds(PolicyRetired, name=names, author=st.just(AUTHOR)),
    st.builds(ShadowSet, name=names, version=st.none() | st.integers(1, 3), author=st.just(AUTHOR)),
    st.builds(TenantAssigned, tenant=names, policy=st.none() | names, author=st.just(AUTHOR)),
    st.builds(
        KeyCreated, id=st.sampled_from("xyz"), hash=st.just(""), scopes=st.just(("admin",)), author=st.just(AUTHOR)
    ),
    st.builds(KeyRevoked, id=st.sampled_from("xyz"), author=st.just(AUTHOR)),
).map(plain)
# Who writes, and what; bytes are written past every check.
steps = st.tuples(st.integers(0, 1), saves | others | st.binary(max_size=20))
# What stands in one list happens at once.
rounds = st.lists(st.lists(steps, min_size=1, max_size=4), min_size=1, max_size=8)


async def commit(follower: Follower, make: Make | bytes, mark: str) -> bytes | str | None:
    """Commit one change under a mark of its own; return what must be found in the journal if it was acknowledged."""
    try:
        if isinstance(make, bytes):
            revision = (await follower.refresh()).revision
            return make if await follower._journal.append(revision + 1, make) else None
        await follower.commit(lambda standing: msgspec.structs.replace(make(standing), reason=mark))
    except Contradiction:
        return None
    return mark


async def play(path: Path, plan: list[list[tuple[int, Make | bytes]]]) -> None:
    followers = [Follower(SqliteJournal(path), Metrics()) for _ in range(2)]
    acknowledged: list[bytes | str] = []
    marks = (f"change {i}" for i in count())
    for at_once in plan:
        done = await asyncio.gather(*(commit(followers[who], make, next(marks)) for who, make in at_once))
        acknowledged += [each for each in done if each is not None]
    first, second = [await each.refresh() for each in followers]
    journal = SqliteJournal(path)
    lines = await journal.read(0)
    await journal.close()
    for each in followers:
        await each.__aexit__(None, None, None)
    # Whoever reads it all at once comes to what those came to who read it as it was written.
    assert first == second == folded(Standing(), lines)
    garbage = [each for each in acknowledged if isinstance(each, bytes)]
    assert sorted(set(garbage)) == sorted(set(lines) & set(garbage))
    found = [decode(line).reason for line in lines if line not in garbage]
    assert sorted(found) == sorted(each for each in acknowledged if isinstance(each, str))
    # What was looked at before it was written never contradicts.
    assert (first.revision, first.skips) == (len(acknowledged), len(garbage))
    for policy in first.policies.values():
        assert list(policy.versions) == list(range(1, policy.last + 1))


@settings(max_examples=40, deadline=None)
@given(rounds)
def test_any_interleaving_gives_one_standing(plan: list[list[tuple[int, Make | bytes]]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(Path(folder) / "state.db", plan))
