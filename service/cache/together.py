"""Look-ups of many requests made together: while one is under way, what is asked collects for the next."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from typing import TypeAlias

Values: TypeAlias = list[bytes | None]

# Beyond this a look-up would take the time that the requests behind it have. One request may have more.
MOST_KEYS = 1024


class Together:
    """Answers each request's keys through `look_up`, which is called again only when it has returned.

    For one event loop. Thirty look-ups of their own take a busy process longer than a request may wait; one of
    thirty requests' keys takes hardly longer than one of one's.
    """

    def __init__(self, look_up: Callable[[Sequence[bytes]], Awaitable[Values]]) -> None:
        self._look_up = look_up
        self._asked: deque[tuple[Sequence[bytes], asyncio.Future[Values]]] = deque()
        self._task: asyncio.Task[None] | None = None
        self._began = 0.0

    @property
    def waited(self) -> float:
        """Seconds since the last look-up was made; not in the loop's clock, which stands still in a turn."""
        return time.monotonic() - self._began

    def ask(self, keys: Sequence[bytes]) -> asyncio.Future[Values]:
        """Return the future of one value or None for each key, or of what `look_up` raised.

        Whoever stops waiting cancels it: keys that nobody waits for are not looked up.
        """
        answer: asyncio.Future[Values] = asyncio.get_running_loop().create_future()
        self._asked.append((keys, answer))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._work())
        return answer

    async def close(self) -> None:
        """Give up what is under way."""
        if self._task:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _work(self) -> None:
        while taken := self._taken():
            self._began = time.monotonic()
            try:
                found = iter(await self._look_up([key for keys, _ in taken for key in keys]))
            except Exception as error:  # each request decides what a failure means to it
                for _, answer in taken:
                    if not answer.done():
                        answer.set_exception(error)
                        answer.exception()  # marks it as seen: a request that goes now must not leave a warning
            else:
                for keys, answer in taken:
                    values = list(islice(found, len(keys)))
                    if not answer.done():
                        answer.set_result(values)

    def _taken(self) -> list[tuple[Sequence[bytes], asyncio.Future[Values]]]:
        taken: list[tuple[Sequence[bytes], asyncio.Future[Values]]] = []
        room = MOST_KEYS
        while self._asked and (not taken or len(self._asked[0][0]) <= room):
            keys, answer = self._asked.popleft()
            if not answer.done():
                taken.append((keys, answer))
                room -= len(keys)
        return taken
