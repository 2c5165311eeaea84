"""A steady stream of requests whose right answers are known, from clients in a thread of their own."""

import asyncio
import threading
from collections import Counter
from itertools import count
from types import TracebackType
from typing import Any

import httpx

from tests.faults.watched import HANGS_SECONDS, SECRET

CLIENTS = 8
# What the tiny bundle says to a word.
VERDICTS = {"weapon": "block", "hill": "allow", "hateword": "block", "river": "allow"}
REPEATED = 5


class Stream:
    """Asks without a pause from entering to leaving: every other text is new, the others are among a few.

    `answered` counts the answers, `hits` those that the cache knew; `wrong` is what should not have happened. A text
    has to score the same each time.
    """

    def __init__(self, url: str) -> None:
        self.answered, self.hits = 0, 0
        self.wrong: Counter[str] = Counter()
        self._url = url
        self._first: dict[str, Any] = {}
        self._numbers = count()
        self._stop = False
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> "Stream":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop = True
        self._thread.join(HANGS_SECONDS)
        assert not self._thread.is_alive()

    async def _run(self) -> None:
        async with httpx.AsyncClient(base_url=self._url, timeout=HANGS_SECONDS) as http:
            await asyncio.gather(*(self._ask(http) for _ in range(CLIENTS)))

    async def _ask(self, http: httpx.AsyncClient) -> None:
        while not self._stop:
            number = next(self._numbers)
            words = [list(VERDICTS)[(number + i) % len(VERDICTS)] for i in range(2)]
            texts = [f"{SECRET} {words[0]} {number % REPEATED}", f"{SECRET} {words[1]} new {number}"]
            try:
                answer = await http.post("/v1/classify", json={"items": [{"text": text} for text in texts]})
            except httpx.HTTPError as error:
                self.wrong[type(error).__name__] += 1
                continue
            if answer.status_code != 200:
                self.wrong[f"status {answer.status_code}"] += 1
                continue
            for word, text, item in zip(words, texts, answer.json()["items"], strict=True):
                self._check(word, text, item)
            self.answered += 1

    def _check(self, word: str, text: str, item: dict[str, Any]) -> None:
        self.hits += item.pop("cached")
        if item["verdict"] != VERDICTS[word]:
            self.wrong[f"{item['verdict']} for {word}"] += 1
        if " new " not in text and item != self._first.setdefault(text, item):
            self.wrong["another score than before"] += 1
