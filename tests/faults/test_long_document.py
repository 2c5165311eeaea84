"""A document of 100,000 tokens among short prompts: it is read to its end, and delays each of them by little."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Event

import httpx

from tests.faults.watched import HANGS_SECONDS, SECRET, WatchedServer
from tests.running import until

TOKENS = 100_000
CLIENTS = 4
PAGE = """
The harbour office opens at seven and the clerk puts the post into a row of red boxes.
A boat with salt and rope came in late, so the men had to wait for the tide to turn.
On the hill above the town there is an old mill, and in the mill a man who can mend a clock.
We took the path by the sea and saw the birds go out to the rocks and come back with fish.
The cook said that the bread was good but the tea was cold, and she gave us a jug of milk.
My aunt has a room with a bed, a chair, a lamp and a view of the road to the next town.
"""


@dataclass
class Short:
    """How a short prompt fared: its answer, and the tokens of all texts that were scored while it waited."""

    answer: httpx.Response
    scored_meanwhile: float
    document_was_queued: bool


class ShortPrompts:
    """Clients that send short prompts one after the other, no text twice, until they are told to stop."""

    def __init__(self, server: WatchedServer) -> None:
        self.done: list[Short] = []
        self._server = server
        self._stop = Event()
        self._numbers = count()
        self._pool = ThreadPoolExecutor(CLIENTS)
        self._clients = [self._pool.submit(self._ask) for _ in range(CLIENTS)]

    def end(self) -> list[Short]:
        """Let them stop, and return what they have got. Raises what a client met with."""
        self._stop.set()
        for client in self._clients:
            client.result(HANGS_SECONDS)
        self._pool.shutdown()
        return self.done

    def _ask(self) -> None:
        while not self._stop.is_set():
            text = f"{SECRET}, which bus goes to stop number {next(self._numbers)}?"
            body = {"items": [{"role": "prompt", "text": text}]}
            before = self._server.metric("tidegate_tokens_scored_total")
            queued = self._server.metric("tidegate_queued_tokens") > TOKENS / 10
            answer = self._server.http.post("/v1/classify", json=body)
            after = self._server.metric("tidegate_tokens_scored_total")
            self.done.append(Short(answer, after - before, queued))


def document() -> str:
    """Return a little more than TOKENS tokens of plain English: the shipped tokenizer makes 22.7 of a sentence."""
    chosen = random.Random(1).choices(PAGE.strip().splitlines(), k=TOKENS * 10 // 223)
    return " ".join([SECRET, *chosen])


def test_short_prompts_are_answered_while_a_document_of_100000_tokens_is_scored(
    watch: Callable[..., WatchedServer],
) -> None:
    # One thread: on a machine with many the document would be done before anybody has asked.
    server = watch(TIDEGATE_THREADS="1")
    prompts = ShortPrompts(server)
    until(lambda: len(prompts.done) > CLIENTS)
    item = server.judged(document(), role="document")
    meanwhile = prompts.end()

    assert item["coverage"]["scored"] == item["coverage"]["tokens"] >= TOKENS

    assert {each.answer.status_code for each in meanwhile} == {200}
    for each in meanwhile:
        (short,) = each.answer.json()["items"]
        assert (short["cached"], short.get("degraded", False)) == (False, False)
        assert short["coverage"]["scored"] == short["coverage"]["tokens"] < 50
    # By tokens and not by the clock: none waited for even a fifth of the document.
    among = [each for each in meanwhile if each.document_was_queued]
    assert len(among) >= 20
    assert max(each.scored_meanwhile for each in among) < TOKENS / 5
    until(lambda: server.metric("tidegate_queued_tokens") == 0)
    assert server.metric("tidegate_refused_requests_total") == 0
    assert server.metric("tidegate_dropped_texts_total") == 0


def test_the_last_word_of_a_document_of_100000_tokens_is_read(
    watch: Callable[..., WatchedServer], tiny_bundle: Path
) -> None:
    server = watch(TIDEGATE_BUNDLE=str(tiny_bundle))
    page = "the cat went over the hill " * (TOKENS // 6)
    for last, verdict in (("inject", "block"), ("wind", "allow")):
        item = server.judged(page + last, role="document")
        assert (item["coverage"]["tokens"], item["coverage"]["scored"]) == (TOKENS // 6 * 6 + 1,) * 2
        assert item["verdict"] == verdict
