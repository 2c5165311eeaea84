"""The log itself: bounded while its sink hangs or fails, and whole once it does no more."""

import sys
import threading
from collections.abc import Callable, Iterator, Sequence

import msgspec
import pytest

from service.decisions import log as decision_log
from service.decisions.log import MOST_LINES, MOST_WAITING, DecisionLog
from service.decisions.recent import Recent
from service.decisions.sink import PartlyWritten
from service.errors import Conflict, Overloaded, Unavailable
from service.metrics import Metrics
from service.policies.ruling import Ruling
from taxonomy.decision import Decision, Feedback
from tests.running import until
from tests.service.decisions.made import DEFAULT, answer_id, judged, lines

FEEDBACK = Feedback("tg-0-0", 1, right=True)


class Sink:
    """Keeps lines; waits while `gate` is shut, raises `error` while there is one."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []
        self.gate = threading.Event()
        self.gate.set()
        self.error: Exception | None = None
        self.tried = 0
        self.closed = False

    def write(self, given: Sequence[bytes]) -> None:
        self.tried += 1
        assert self.gate.wait(60)
        if self.error:
            raise self.error
        self.kept += given

    def tend(self) -> None:
        if self.error:
            raise self.error

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def open_log(sink: Sink) -> Iterator[Callable[..., tuple[DecisionLog, Metrics]]]:
    made: list[DecisionLog] = []

    def make(recent: Recent | None = None) -> tuple[DecisionLog, Metrics]:
        metrics = Metrics()
        made.append(DecisionLog(lines(), sink, recent, metrics))
        return made[-1], metrics

    yield make
    sink.gate.set()
    for each in made:
        each.close()


def note(log: DecisionLog, count: int = 1, texts: int = 1) -> None:
    for _ in range(count):
        log.note(answer_id(), 1.0, "", [judged()] * texts, Ruling(DEFAULT), {})


def test_a_policy_made_for_a_request_does_not_wait_with_it(sink, open_log):
    log, _ = open_log()
    sink.gate.clear()
    note(log)
    until(lambda: sink.tried)
    policy = DEFAULT.with_thresholds({"hate": 0.5})
    before = sys.getrefcount(policy)
    log.note(answer_id(), 1.0, "", [judged()], Ruling(policy), {"hate": 0.5})
    assert log.waiting == 1
    assert sys.getrefcount(policy) == before, "thousands may wait, and a policy is tens of KB"


def counted(metrics: Metrics, result: str) -> float:
    return metrics.registry.get_sample_value("tidegate_decisions_total", {"result": result}) or 0.0


def test_what_is_noted_is_written_and_remembered(open_log, sink):
    recent = Recent(10)
    log, metrics = open_log(recent)
    note(log, 2, texts=2)
    log.hear(FEEDBACK)
    until(lambda: len(sink.kept) == 5)
    found = [msgspec.json.decode(line, type=Decision | Feedback) for line in sink.kept]
    assert [type(each) for each in found] == [Decision] * 4 + [Feedback]
    assert found[-1] == FEEDBACK
    assert len(recent.rows()) == 4
    until(lambda: counted(metrics, "written") == 5)
    assert (counted(metrics, "lost"), log.waiting, log.failing) == (0, 0, False)


def test_closing_writes_all_that_waits(open_log, sink):
    log, _ = open_log()
    note(log, 500)
    log.close()
    assert (len(sink.kept), sink.closed) == (500, True)


def test_a_sink_that_hangs_costs_bounded_memory_and_no_waiting(open_log, sink):
    log, metrics = open_log()
    sink.gate.clear()
    note(log)
    until(lambda: sink.tried)
    note(log, MOST_WAITING // 4 + 100, texts=4)
    assert log.waiting == metrics.registry.get_sample_value("tidegate_decisions_waiting") == MOST_WAITING
    assert counted(metrics, "lost") == 400
    with pytest.raises(Overloaded):
        log.hear(FEEDBACK)
    sink.gate.set()
    until(lambda: len(sink.kept) == 1 + MOST_WAITING)
    assert log.waiting == 0


def test_the_end_does_not_wait_for_a_sink_that_hangs(open_log, sink, caplog):
    log, _ = open_log()
    sink.gate.clear()
    note(log)
    until(lambda: sink.tried)
    log.close(seconds=0.01)
    assert caplog.messages == ["the decision log hangs: what it had not written is lost"]


def test_what_a_failing_sink_did_not_take_is_written_later_in_order(open_log, sink, caplog):
    recent = Recent(100)
    log, metrics = open_log(recent)
    sink.error = OSError("no space: zebrafinch")
    note(log, 3)
    until(lambda: log.failing)
    with pytest.raises(Unavailable):
        log.hear(FEEDBACK)
    note(log, 3)
    until(lambda: len(recent.rows()) == 6)  # which go on
    sink.error = None
    until(lambda: len(sink.kept) == 6)
    ids = [msgspec.json.decode(line, type=Decision).id for line in sink.kept]
    assert ids == sorted(ids, key=lambda each: each[:19])
    until(lambda: not log.failing)
    assert counted(metrics, "lost") == 0
    assert metrics.registry.get_sample_value("tidegate_decision_log_failures_total") >= 1
    assert caplog.messages == ["the decision log failed (OSError); requests go on"]


def test_what_may_be_written_already_is_not_written_again(open_log, sink):
    log, metrics = open_log()
    sink.error = PartlyWritten()
    note(log, 3)
    until(lambda: counted(metrics, "lost") == 3)
    sink.error = None
    note(log)
    until(lambda: len(sink.kept) == 1)


def test_a_sink_that_failed_does_so_until_it_works_again(open_log, sink):
    log, metrics = open_log()
    sink.error = PartlyWritten()
    note(log)
    until(lambda: log.failing)

    def failed_again() -> bool:
        assert log.failing  # with nothing left to write too
        return metrics.registry.get_sample_value("tidegate_decision_log_failures_total") == 3

    until(failed_again)
    sink.error = None
    until(lambda: not log.failing)


def test_lines_that_wait_for_a_failing_sink_are_bounded(open_log, sink, monkeypatch):
    monkeypatch.setattr(decision_log, "PAUSE_SECONDS", 0.01)
    log, metrics = open_log()
    sink.error = OSError()
    noted = 0
    while counted(metrics, "lost") == 0:
        note(log, 100)
        noted += 100
        until(lambda: log.waiting == 0)
    until(lambda: log.failing)
    lost = counted(metrics, "lost")
    assert noted - lost == MOST_LINES
    sink.error = None
    until(lambda: len(sink.kept) == MOST_LINES)


def test_a_bug_of_ours_does_not_end_the_log(open_log, sink):
    log, metrics = open_log()
    log.note("not an answer's id", 1.0, "", [judged()], Ruling(DEFAULT), {})
    until(lambda: metrics.registry.get_sample_value("tidegate_decision_log_failures_total"))
    note(log)
    until(lambda: len(sink.kept) == 1)
    assert log.waiting == 0


def test_without_a_sink_feedback_has_no_place():
    log = DecisionLog(lines(), None, Recent(10), Metrics())
    with pytest.raises(Conflict, match="TIDEGATE_DECISIONS is off"):
        log.hear(FEEDBACK)
    log.close()


def test_with_neither_nothing_is_kept_and_no_thread_runs():
    before = {*threading.enumerate()}
    log = DecisionLog(lines(), None, None, Metrics())
    note(log)
    assert {*threading.enumerate()} <= before
    assert log.waiting == 0
    log.close()
