"""How long a text may wait: in a burst longer than in a queue that stands.

A queue that is long for a moment lets a burst through, and is short again. One that stays long is asked for more than
can be done: who waits in it waits for nothing, as many are refused whatever its length. So once it has been long for as
long as a burst may wait, less is let in until it is short (after Nichols and Jacobson, "Controlling queue delay", ACM
Queue 10(5), 2012, and Maurer, "Fail at scale", ACM Queue 13(8), 2015).
"""

import math
import time
from collections.abc import Callable

# Of the steady limit: a queue below this is short. What stands at the limit is nowhere near it, what drains is soon.
_SHORT = 0.5


class Patience:
    """The longest wait that is let in, in seconds; for the event loop."""

    def __init__(
        self, burst: float = math.inf, steady: float = math.inf, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`burst` and `steady` are limits in seconds; `clock` is in seconds and never goes back."""
        self._burst = burst
        self._steady = min(steady, burst)
        self._clock = clock
        self._long_since: float | None = None

    def see(self, wait: float) -> None:
        """Take note of how long the whole queue is, in seconds."""
        if wait < self._steady * _SHORT:
            self._long_since = None
        elif self._long_since is None:
            self._long_since = self._clock()

    @property
    def limit(self) -> float:
        """Return the longest wait that is let in now."""
        stands = self._long_since is not None and self._clock() - self._long_since >= self._burst
        return self._steady if stands else self._burst
