"""The file of a journal: where it is, how it is made, and every way in which it cannot be used."""

import asyncio
import os
import random
import shutil
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from service.configuration.settings import Settings, SettingsError
from service.errors import Unavailable
from service.journal.entries import encode
from service.journal.follow import Condition, Follower
from service.journal.opened import default_path, open_journal
from service.journal.sqlite import SqliteJournal, _prepare
from service.journal.store import PAGE, Journal, NoJournal
from service.metrics import Metrics
from tests.service.journal.written import activated, eventually, key, saved

DAMAGED = "the journal's file is damaged"
LOST = "the journal has lost entries; what was in force stays, and nothing is written"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


def follow(path: Path) -> Follower:
    return Follower(SqliteJournal(path), Metrics())


def modes(folder: Path) -> dict[str, int]:
    """Return the mode of everything in a folder."""
    return {str(each.relative_to(folder)): stat.S_IMODE(each.stat().st_mode) for each in folder.rglob("*")}


def remove(path: Path) -> None:
    """Take a database away, with what lies beside it."""
    for each in path.parent.glob(path.name + "*"):
        each.unlink()


async def write(path: Path, count: int = 3) -> None:
    """Make a journal with some keys in it."""
    async with follow(path) as one:
        for i in range(count):
            await one.commit(lambda _, i=i: key(i))  # type: ignore[misc]


def run(path: Path, *statements: str) -> None:
    """Do something to the file that tidegate would not."""
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def as_text(path: Path) -> None:
    path.write_text("kind: policy\n" * 100)


def foreign(path: Path) -> None:
    run(path, "CREATE TABLE users (name TEXT)")


def from_the_future(path: Path) -> None:
    asyncio.run(write(path))
    run(path, "PRAGMA user_version=2")


def with_a_broken_header(path: Path) -> None:
    asyncio.run(write(path))
    path.write_bytes(b"\0" * 16 + path.read_bytes()[16:])


def with_a_broken_page(path: Path) -> None:
    asyncio.run(write(path, 200))
    content = bytearray(path.read_bytes())
    content[4096:8192] = random.Random(1).randbytes(4096)
    path.write_bytes(content)


def cut_off(path: Path) -> None:
    asyncio.run(write(path, 200))
    os.truncate(path, 5000)


def with_other_columns(path: Path) -> None:
    asyncio.run(write(path))
    run(path, "ALTER TABLE journal RENAME COLUMN entry TO line")


GALLERY: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder": (Path.mkdir, "the journal's file: is a directory"),
    "text": (as_text, "the journal's file is no SQLite database, or is damaged"),
    "another program's database": (foreign, "the journal's file is another program's database"),
    "a schema from the future": (from_the_future, "the journal's file was made by a newer tidegate (schema 2, not 1)"),
    "a broken header": (with_a_broken_header, "the journal's file is no SQLite database, or is damaged"),
    "a broken page": (with_a_broken_page, DAMAGED),
    "cut off": (cut_off, DAMAGED),
    "other columns": (with_other_columns, DAMAGED),
}  # fmt: skip


@pytest.mark.parametrize("name", GALLERY)
def test_a_file_that_cannot_be_used_stops_the_start(name: str, path: Path) -> None:
    make, why = GALLERY[name]
    make(path)
    with pytest.raises(SettingsError) as refused:
        open_journal(Settings(state=str(path)))
    assert str(refused.value) == f"TIDEGATE_STATE cannot be used: {why}"


def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        open_journal(Settings(state=str(tmp_path / "volume" / "state.db")))
    assert str(refused.value) == "TIDEGATE_STATE cannot be used: the journal's file: no such file or directory"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not Path("/sys/kernel").exists(), reason="needs a folder that nobody may write to")
def test_a_folder_that_nobody_may_write_to() -> None:
    with pytest.raises(SettingsError) as refused:
        open_journal(Settings(state="/sys/state.db"))
    assert str(refused.value) == "TIDEGATE_STATE cannot be used: the journal's file: permission denied"


def test_the_default_file_is_named_when_it_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "tidegate" / "state.db"
    path.parent.mkdir()
    foreign(path)
    with pytest.raises(SettingsError) as refused:
        open_journal(Settings(), {"XDG_STATE_HOME": str(tmp_path)})
    assert str(refused.value) == (
        f"{path} cannot be used: the journal's file is another program's database; or set TIDEGATE_STATE"
    )


def test_an_empty_file_is_a_new_journal(path: Path) -> None:
    path.touch()
    asyncio.run(write(path))


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"XDG_STATE_HOME": "/var/state"}, Path("/var/state/tidegate/state.db")),
        ({"XDG_STATE_HOME": "relative"}, Path.home() / ".local/state/tidegate/state.db"),
        ({"XDG_STATE_HOME": ""}, Path.home() / ".local/state/tidegate/state.db"),
        ({}, Path.home() / ".local/state/tidegate/state.db"),
    ],
)
def test_where_the_default_file_is(variables: dict[str, str], expected: Path) -> None:
    assert default_path(variables) == expected


async def test_the_default_file_is_made_by_the_first_change_for_its_owner_alone(tmp_path: Path) -> None:
    journal = await asyncio.to_thread(open_journal, Settings(), {"XDG_STATE_HOME": str(tmp_path)})
    async with Follower(journal, Metrics()) as one:
        await one.refresh()
        assert modes(tmp_path) == {}
        await one.commit(lambda _: saved())
        beside = {f"tidegate/state.db{end}": 0o600 for end in ("", "-shm", "-wal")}
        assert modes(tmp_path) == {"tidegate": 0o700, **beside}


async def test_off_takes_nothing(tmp_path: Path) -> None:
    async with Follower(NoJournal(), Metrics()) as one:
        one.require_read()
        assert one.condition == Condition("off", True, 0)
        with pytest.raises(Unavailable) as refused:
            await one.commit(lambda _: saved())
        assert refused.value.detail.startswith("TIDEGATE_STATE is off")


async def test_a_file_that_goes_away_is_not_begun_anew(path: Path) -> None:
    async with follow(path) as one:
        before = await one.commit(lambda _: saved())
        remove(path)
        await eventually(lambda: one.condition.problem == LOST)
        with pytest.raises(Unavailable) as refused:
            await one.commit(lambda _: activated())
        assert (refused.value.detail, one.standing, modes(path.parent)) == (LOST, before, {})


async def test_a_file_that_is_put_back_from_a_copy_is_followed_again(path: Path, tmp_path: Path) -> None:
    await write(path)
    copy = tmp_path / "copy.db"
    await asyncio.to_thread(shutil.copy, path, copy)
    async with follow(path) as one:
        ahead = await one.commit(lambda _: saved())
        newest = tmp_path / "newest.db"
        await asyncio.to_thread(run, path, f"VACUUM INTO '{newest}'")
        remove(path)
        copy.rename(path)
        await eventually(lambda: one.condition.problem == LOST)
        assert one.standing == ahead
        newest.rename(path)
        await eventually(lambda: one.condition.problem == "")
        assert (await one.commit(lambda _: activated())).revision == 5


async def test_entries_that_were_taken_out_are_noticed_by_who_knew_them(path: Path) -> None:
    await write(path)
    async with follow(path) as one:
        await asyncio.to_thread(run, path, "DELETE FROM journal WHERE revision = 3")
        await eventually(lambda: one.condition.problem == LOST)
        assert len(one.standing.keys) == 3
    async with follow(path) as other:
        assert list(other.standing.keys) == ["k0", "k1"]


async def test_a_place_that_is_empty_stays_empty(path: Path) -> None:
    await write(path)
    await asyncio.to_thread(
        run, path, "DELETE FROM journal WHERE revision = 2", "UPDATE journal SET entry = 'text' WHERE revision = 1"
    )
    async with follow(path) as one:
        assert (one.standing.revision, one.standing.skips, list(one.standing.keys)) == (3, 2, ["k2"])
        assert one.condition.skipped == 2


async def test_a_place_far_away_does_not_fill_the_memory(path: Path) -> None:
    await write(path)
    await asyncio.to_thread(run, path, f"UPDATE journal SET revision = {10 * PAGE} WHERE revision = 3")
    journal = SqliteJournal(path)
    assert len(await journal.read(0)) == PAGE
    await journal.close()


async def test_a_locked_file_is_waited_for(path: Path) -> None:
    await write(path)
    holder = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    await asyncio.to_thread(holder.execute, "BEGIN IMMEDIATE")
    async with follow(path) as one:
        commit = asyncio.create_task(one.commit(lambda _: saved()))
        # It is read all the same.
        async with follow(path) as other:
            assert (await other.refresh()).revision == 3
        assert not commit.done()
        await asyncio.to_thread(holder.execute, "ROLLBACK")
        assert (await commit).revision == 4
    holder.close()


async def test_more_entries_than_one_answer_holds(journal: Callable[[], Journal]) -> None:
    store = journal()
    for i in range(PAGE + 10):
        line = encode(key(i)).replace(b"{", b'{"revision":%d,' % (i + 1), 1)
        assert await store.append(i + 1, line)
    assert len(await store.read(0)) == PAGE
    one = Follower(journal(), Metrics())
    found = await one.refresh()
    assert (found.revision, len(found.keys), found.skips) == (PAGE + 10, PAGE + 10, 0)


async def test_the_next_place_is_the_only_one(journal: Callable[[], Journal]) -> None:
    store = journal()
    assert [await store.append(place, b"x") for place in (0, 2, 1, 1, 3, 2)] == [False, False, True, False, False, True]
    assert await store.read(0) == [b"x", b"x"]
    assert await store.read(1) == [b"x"]
    assert await store.read(2) == []


@pytest.mark.parametrize("statement", [1, 2, 3])
def test_a_file_that_another_process_makes_meanwhile_is_ours(path: Path, statement: int) -> None:
    # Between two looks at a file that is there and still empty, another makes the table in it.
    here, there = (sqlite3.connect(path, isolation_level=None) for _ in range(2))

    class Meanwhile:
        looks = 0

        def execute(self, command: str) -> "sqlite3.Cursor | Row":
            self.looks += 1
            if self.looks != statement:
                return here.execute(command)
            row = Row(here.execute(command).fetchone())
            _prepare(there)
            return row

    _prepare(Meanwhile())
    assert here.execute("SELECT count(*) FROM journal").fetchone() == (0,)
    here.close()
    there.close()


class Row:
    """A row that was fetched before the file was changed."""

    def __init__(self, row: tuple[object, ...]) -> None:
        self._row = row

    def fetchone(self) -> tuple[object, ...]:
        return self._row
