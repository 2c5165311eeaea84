"""Processes of their own on one journal: together, and killed while they write."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.configuration.settings import Settings
from service.journal.follow import Follower
from service.journal.opened import open_journal
from service.journal.standing import Standing
from service.metrics import Metrics


@pytest.fixture(params=["sqlite", "redis"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """What TIDEGATE_STATE would be."""
    return str(request.getfixturevalue("redis_url") if request.param == "redis" else tmp_path / "state.db")


@contextmanager
def writer(place: str, name: str, count: int) -> Iterator["subprocess.Popen[str]"]:
    """Run a process that commits keys and prints their ids."""
    command = [sys.executable, "-m", "tests.service.journal.writer", place, name, str(count)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def acknowledged(process: "subprocess.Popen[str]", count: int) -> list[str]:
    """Return the next ids that a writer prints."""
    assert process.stdout
    return [process.stdout.readline().strip() for _ in range(count)]


async def standing(place: str) -> Standing:
    journal = await asyncio.to_thread(open_journal, Settings(state=place))
    async with Follower(journal, Metrics()) as follower:
        return follower.standing


async def test_two_processes_lose_nothing_of_each_other(place: str) -> None:
    with writer(place, "a", 60) as one, writer(place, "b", 60) as other:
        ids = acknowledged(one, 60) + acknowledged(other, 60)
        assert (one.wait(30), other.wait(30)) == (0, 0)
    found = await standing(place)
    assert (found.revision, found.skips) == (120, 0)
    assert sorted(found.keys) == sorted(ids)
    # Each has its own in the order it wrote them.
    assert [each for each in found.keys if each.startswith("a")] == [f"a-{i}" for i in range(60)]


async def test_a_process_that_is_killed_loses_nothing_it_acknowledged(place: str) -> None:
    known: list[str] = []
    for life in range(3):
        with writer(place, f"life-{life}", 1_000_000) as process:
            known += acknowledged(process, 20)
            process.kill()
            assert process.stdout
            known += process.stdout.read().split()
    found = await standing(place)
    assert found.skips == 0
    assert [each for each in known if each not in found.keys] == []
    assert len(known) <= found.revision <= len(known) + 3  # the last of a life may be there without a word
