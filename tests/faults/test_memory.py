"""Memory under a mixed load: the cache keeps what it may, and a second round like the first adds nothing."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.watched import SECRET, WatchedServer, needs_proc
from tests.running import until

ENTRIES = 100
TEXTS = 2400
CLIENTS = 4
ROUNDS = 4
# From the first two rounds to the last: less than one object for four texts.
BLOCKS = ROUNDS * TEXTS // 4
BYTES = 16 * 2**20


def mixed_load(number: int) -> list[list[str]]:
    """Return the texts of a round, by request: short and long ones, alone or together, a third seen before."""
    chance = random.Random(1)  # the same shapes in each round, only the words are new
    texts: list[str] = []
    for i in range(TEXTS):
        pages = chance.choice([1] * 18 + [10, 100])
        again = chance.choice(texts[-50:]) if texts and chance.random() < 1 / 3 else None
        texts.append(again or f"{SECRET} {number} {i} " + "the cat went over the hill " * pages)
    requests: list[list[str]] = []
    while texts:
        requests.append([texts.pop() for _ in range(min(len(texts), chance.choice([1, 1, 1, 16])))])
    return requests


def ask(server: WatchedServer, texts: list[str]) -> list[bool]:
    """Return for each text whether the cache knew it."""
    answer = server.http.post("/v1/classify", json={"items": [{"text": text} for text in texts]})
    assert answer.status_code == 200, answer.text
    return [item["cached"] for item in answer.json()["items"]]


def end_alike(server: WatchedServer, number: int) -> None:
    """Ask for texts, and again: what was kept last, of the texts found in the cache too, has the same size each time.

    More than a thousand, for Scoring keeps as many of the texts that were found.
    """
    for chunk in range(12):
        texts = [f"{SECRET} {number} last {chunk} {i}" for i in range(ENTRIES)]
        assert not any(ask(server, texts))
        assert all(ask(server, texts))


@pytest.fixture
def server(watch: Callable[..., WatchedServer], tiny_bundle: Path) -> WatchedServer:
    return watch(TIDEGATE_BUNDLE=str(tiny_bundle), TIDEGATE_THREADS="1", TIDEGATE_CACHE_ENTRIES=str(ENTRIES))


def test_the_cache_keeps_the_newest_texts_and_no_more_than_it_may(server: WatchedServer) -> None:
    texts = [f"{SECRET} {i}" for i in range(4 * ENTRIES)]
    for i in range(0, len(texts), 25):
        assert not any(ask(server, texts[i : i + 25]))
    # One request, looked up as a whole before anything of it is kept.
    assert ask(server, texts) == [False] * (3 * ENTRIES) + [True] * ENTRIES


@needs_proc
def test_a_mixed_load_leaves_nothing_behind(server: WatchedServer) -> None:
    blocks, resident, files = [], [], []
    with ThreadPoolExecutor(CLIENTS) as pool:
        for number in range(1 + ROUNDS):
            known = [each for found in pool.map(lambda texts: ask(server, texts), mixed_load(number)) for each in found]
            assert len(known) == TEXTS
            assert 0 < sum(known) < TEXTS
            until(lambda: server.metric("tidegate_queued_tokens") == 0)
            end_alike(server, number)
            # What waits for the decision log's thread is memory too, and another amount each time.
            until(lambda: server.metric("tidegate_decisions_waiting") == 0)
            blocks.append(server.blocks())
            resident.append(server.resident())
            files.append(server.open_files())
    assert blocks[-1] - max(blocks[:2]) < BLOCKS, blocks
    assert resident[-1] - max(resident[:2]) < BYTES, resident
    assert files[-1] - max(files[:2]) < CLIENTS, files
