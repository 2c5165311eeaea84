"""How many tokens a second the session scores when there is enough to do: what a queue's length means in time."""

import math

# How much of the latest batch goes into the figure: it follows what else happens on the machine within ten batches.
_SHARE = 0.1
# Tokens a second to begin with, for those who have to be told a time before a batch was full.
_FIRST = 5_000.0


class Pace:
    """Tokens a second of all workers together. A batch that is far from full says only that it can be no less."""

    def __init__(self, batch_tokens: int, workers: int) -> None:
        self._enough = batch_tokens / 2
        self._workers = workers
        self._measured = 0.0

    def observe(self, tokens: int, seconds: float, *, alone: bool) -> None:
        """Take a batch into account; one that ran `alone` had all cores, any other one its worker's."""
        found = tokens / max(seconds, 1e-6) * (1 if alone else self._workers)
        if not self._measured or found > self._measured:
            self._measured = found if not self._measured else self._measured + _SHARE * (found - self._measured)
        elif tokens >= self._enough:
            self._measured += _SHARE * (found - self._measured)

    @property
    def known(self) -> bool:
        """Whether anything was measured yet."""
        return self._measured > 0

    def seconds(self, tokens: float) -> float:
        """Return how long so many tokens take, for a caller to wait."""
        return tokens / (self._measured or _FIRST)

    def retry_after(self, tokens: float) -> int:
        """Return the whole seconds after which so many tokens are scored, at least 1."""
        return max(1, math.ceil(self.seconds(tokens)))
