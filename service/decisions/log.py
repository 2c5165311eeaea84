"""The decision log: a bounded queue, and the one thread that empties it.

    event loop: note, hear -> queue of at most MOST_WAITING
    thread, every PAUSE_SECONDS: queue -> Recent
                                       -> lines, at most MOST_LINES while the sink rests -> Sink

The two sides share the queue, each at its own end, and two counts, each with one writer.
"""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import islice

import msgspec

from service.decisions.lines import Lines
from service.decisions.noted import Noted
from service.decisions.recent import Recent
from service.decisions.sink import PartlyWritten, Sink
from service.errors import Conflict, Overloaded, Unavailable
from service.judge import Judged
from service.metrics import Metrics
from service.policies.ruling import Ruling
from taxonomy.decision import Feedback

PAUSE_SECONDS = 0.2
# Decisions, of some 5 KB each where a text is new: 40 MB, and no more while the sink hangs.
MOST_WAITING = 8192
# Lines, of some 500 bytes each: what a Redis that restarts, or a disk that is made room on, takes.
MOST_LINES = 16_384
# After a failure the sink is left alone: so long first, then twice as long each time, and at most.
FIRST_REST_SECONDS, REST_SECONDS = 0.2, 5.0
CLOSING_SECONDS = 5.0
_TEND_SECONDS = 1.0
_LOG_EVERY_SECONDS = 60.0
_NO_THRESHOLDS: Mapping[str, float] = {}
_log = logging.getLogger("tidegate.decisions")


class DecisionLog:
    """Keeps decisions and feedback. `note` and `hear` are for one event loop and never wait."""

    def __init__(self, lines: Lines, sink: Sink | None, recent: Recent | None, metrics: Metrics) -> None:
        """Begin a thread, unless there is neither a sink nor a place for the last ones."""
        self._recent = recent
        self._lines = lines
        self._sink = sink
        self._queue: deque[Noted | Feedback] = deque()
        self._came, self._taken = 0, 0
        self._pending: deque[bytes] = deque()
        self._resting_until, self._rest = -math.inf, 0.0
        self._tend_at, self._quiet_until = -math.inf, -math.inf
        self._written = metrics.decisions.labels("written")
        self._lost = metrics.decisions.labels("lost")
        self._failures = metrics.decision_failures
        metrics.decisions_waiting.set_function(lambda: self.waiting)
        self._wake = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None
        if sink or recent:
            # A sink that hangs must not keep the process from ending.
            self._thread = threading.Thread(target=self._run, name="decisions", daemon=True)
            self._thread.start()

    def note(
        self,
        answer: str,
        began: float,
        tenant: str,
        judged: Sequence[Judged],
        ruling: Ruling,
        thresholds: Mapping[str, float],
    ) -> None:
        """Have the decisions of an answer kept; `began` is when the request came, in time.monotonic's seconds.

        `judged` is in the order of the positions that their ids end with. Where the queue is full they are lost, and
        counted.
        """
        if self._thread is None:
            return
        if self._full():
            self._lost.inc(len(judged))
            return
        ended = time.monotonic()
        policy = ruling.policy
        own = thresholds or _NO_THRESHOLDS  # lets go of the empty one that came with the request
        noted = Noted(answer, began, ended, tenant, judged, policy.name, policy.digest, own, ruling.version)
        self._queue.append(noted)
        self._came += len(judged)
        if self._came - self._taken > MOST_WAITING // 2 and not self._wake.is_set():
            self._wake.set()

    def hear(self, feedback: Feedback) -> None:
        """Have feedback kept: written within a second or so, unless the sink fails just then.

        Raises Conflict where no log is kept, Unavailable while it cannot be written, Overloaded.
        """
        if self._sink is None:
            raise Conflict("feedback is kept in the decision log, and TIDEGATE_DECISIONS is off")
        if self._rest:
            raise Unavailable("the decision log cannot be written at the moment")
        if self._full():
            raise Overloaded("too much waits for the decision log", retry_after=1)
        self._queue.append(feedback)
        self._came += 1

    def remembered(self) -> Recent:
        """Return the last decisions. Raises Conflict where none are kept in memory."""
        if self._recent is None:
            raise Conflict(
                "TIDEGATE_DECISIONS_RECENT is 0, so no decisions are remembered: start again with "
                "`TIDEGATE_DECISIONS_RECENT=50000 tidegate serve`"
            )
        return self._recent

    @property
    def kept(self) -> bool:
        """Whether there is a sink at all."""
        return self._sink is not None

    @property
    def waiting(self) -> int:
        """Decisions that the thread has not taken yet."""
        return self._came - self._taken

    @property
    def failing(self) -> bool:
        """Whether the sink failed when it was tried last."""
        return self._rest > 0

    def close(self, seconds: float = CLOSING_SECONDS) -> None:
        """Write what waits, for `seconds` at most. Blocks."""
        self._closing = True
        self._wake.set()
        if self._thread:
            self._thread.join(seconds)
            if self._thread.is_alive():
                _log.warning("the decision log hangs: what it had not written is lost")

    def _full(self) -> bool:
        return self._came - self._taken >= MOST_WAITING

    def _run(self) -> None:
        closing = False
        while not closing:
            self._wake.wait(PAUSE_SECONDS)
            self._wake.clear()
            closing = self._closing  # read before the queue: what was noted by then is taken
            try:
                self._turn(closing)
            except Exception as error:  # a bug of ours must not end the log
                self._failed(error)
        if self._sink:
            try:
                self._sink.close()
            except Exception as error:
                self._failed(error)
        if self._pending:
            _log.warning("%d decisions could not be written", len(self._pending))

    def _turn(self, closing: bool) -> None:
        taken = [self._queue.popleft() for _ in range(len(self._queue))]
        noted = [each for each in taken if isinstance(each, Noted)]
        try:
            epoch_ms = 1000 * (time.time() - time.monotonic())
            if self._recent and noted:
                self._recent.add(noted, epoch_ms)
            if self._sink:
                self._collect(taken, epoch_ms)
        finally:
            self._taken += sum(len(each.judged) if isinstance(each, Noted) else 1 for each in taken)
        if self._sink and (closing or time.monotonic() >= self._resting_until):
            self._write(self._sink)

    def _collect(self, taken: Sequence[Noted | Feedback], epoch_ms: float) -> None:
        made = (
            line
            for each in taken
            for line in ((msgspec.json.encode(each),) if isinstance(each, Feedback) else self._lines.of(each, epoch_ms))
        )
        self._pending.extend(islice(made, MOST_LINES - len(self._pending)))
        self._lost.inc(sum(1 for _ in made))

    def _write(self, sink: Sink) -> None:
        lines = list(self._pending)
        try:
            if lines:
                sink.write(lines)
                self._pending.clear()
                self._written.inc(len(lines))
                self._rest = 0.0
            if (now := time.monotonic()) >= self._tend_at:
                self._tend_at = now + _TEND_SECONDS
                sink.tend()
                self._rest = 0.0
        except PartlyWritten as error:
            self._pending.clear()
            self._lost.inc(len(lines))
            self._failed(error.__cause__ or error)
        except Exception as error:
            self._failed(error)

    def _failed(self, error: BaseException) -> None:
        self._failures.inc()
        now = time.monotonic()
        self._rest = min(REST_SECONDS, max(FIRST_REST_SECONDS, 2 * self._rest))
        self._resting_until = now + self._rest
        if now >= self._quiet_until:
            self._quiet_until = now + _LOG_EVERY_SECONDS
            _log.warning("the decision log failed (%s); requests go on", type(error).__name__)
