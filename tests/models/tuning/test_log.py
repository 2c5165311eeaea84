"""A decision log as columns: the same however it is read, whole and damaged."""

import gzip
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from models.lines import CUT_OFF, DAMAGED, EMPTY, NOT_CLOSED, Piece, pieces
from models.record import NO_JSON, NO_RECORD
from models.tuning.log import DecisionLog, read
from taxonomy.categories import Role
from taxonomy.decision import LAST_MOMENT, STEPS, Feedback
from taxonomy.policy import Action
from tests.logged import decision
from tests.models.tuning.kept import lines_of, log_of

DECISIONS = [
    decision(
        i,
        role=list(Role)[i % 4],
        verdict=list(Action)[i % 3],
        scores=tuple((i * 37 + output * 411) % (STEPS + 1) for output in range(25)),
        tenant=f"tenant-{i % 3}" if i % 3 else "",
        language="en" if i % 2 else "",
        supported=i % 5 > 0,
        degraded=i % 7 == 0,
        thresholds={"hate": 0.1 + 0.2, "threat": 0.5} if i % 11 == 0 else {},
    )
    for i in range(60)
]
LINES = lines_of(DECISIONS).splitlines(True)
FEEDBACK = lines_of([Feedback(decision="tg-0-0", time=1, right=True)])
STRANGER = lines_of([decision(99, scores=(1, 2, 3), taxonomy="f" * 16)])


def told(log: DecisionLog) -> list[tuple[object, ...]]:
    """Return what a log holds, row by row, in no order."""
    thresholds = [msgspec.json.decode(own) if own else {} for own in log.frame["thresholds"]]
    rest = log.frame.drop("thresholds", "text").select(
        "id", "time", "role", "verdict", "policy", "tenant", "language", "supported", "degraded"
    )
    rows = zip(rest.iter_rows(), thresholds, log.scores.tolist(), strict=True)
    return sorted((*row, repr(own), tuple(scores)) for row, own, scores in rows)


def expected(decisions=DECISIONS) -> list[tuple[object, ...]]:
    roles, actions = list(Role), list(Action)
    return sorted(
        (each.id, each.time, roles.index(each.role), actions.index(each.verdict), each.policy, each.tenant,
         each.language, each.supported, each.degraded, repr(each.thresholds), each.scores)
        for each in decisions
    )  # fmt: skip


def test_every_record_is_what_was_written():
    log = log_of(DECISIONS)
    assert told(log) == expected()
    assert (log.losses, log.strangers, log.feedback) == ((), 0, 0)
    assert log.scores.dtype == np.uint16


@pytest.mark.parametrize(
    "odd", [b"no json\n", FEEDBACK, STRANGER, b"\n"], ids=["broken", "feedback", "stranger", "blank"]
)
@pytest.mark.parametrize("place", [0, 30, 60])
def test_a_line_that_is_none_costs_no_other_line(odd: bytes, place: int):
    data = b"".join([*LINES[:place], odd, *LINES[place:]])
    log = read([Piece("x", 1, data)])
    assert told(log) == expected()
    assert [str(loss) for loss in log.losses] == ([f"x, line {place + 1}: {NO_JSON}"] if odd == b"no json\n" else [])
    assert (log.feedback, log.strangers) == (odd == FEEDBACK, odd == STRANGER)


def test_equal_texts_are_equal_however_they_are_read():
    data = lines_of([decision(1, text="f" * 32), decision(2, text="e" * 32), decision(3, text="f" * 32)])
    one, other, third = read([Piece("x", 1, data)]).frame["text"]
    assert one == third != other
    again = read([Piece("x", 1, b"?\n" + data), Piece("x", 5, data)]).frame["text"].to_list()
    assert again == [one, other, third] * 2


def test_nothing_gives_no_rows():
    log = read([])
    assert (len(log.frame), log.scores.shape, log.losses) == (0, (0, 25), ())


def test_what_is_wrong_with_thresholds_is_found_among_columns():
    wrong = LINES[0].replace(b'"thresholds":{"hate":', b'"thresholds":{"hate":"')
    log = read([Piece("x", 1, b"".join([LINES[1], wrong.replace(b',"threat"', b'","threat"')]))])
    assert told(log) == expected(DECISIONS[1:2])
    assert [str(loss) for loss in log.losses] == ["x, line 2: a decision whose 'thresholds' is not what it has to be"]


def test_a_time_that_no_date_has_is_found_among_columns():
    late = lines_of([decision(1, time=LAST_MOMENT + 1)])
    log = read([Piece("x", 1, LINES[0] + late)])
    assert told(log) == expected(DECISIONS[:1])
    assert [str(loss) for loss in log.losses] == ["x, line 2: a decision whose 'time' is not what it has to be"]


def _cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def _packed(data: bytes) -> bytes:
    return gzip.compress(data)


def _broken_in_the_middle(data: bytes) -> bytes:
    packed = bytearray(gzip.compress(data))
    packed[-6] ^= 255  # the checksum
    return bytes(packed)


GALLERY: dict[str, tuple[Callable[[], bytes], int | None, list[str]]] = {
    "empty": (lambda: b"", 0, [f"line 1: {EMPTY}"]),
    "empty gzip": (lambda: _packed(b""), 0, [f"line 1: {EMPTY}"]),
    "cut last line": (lambda: b"".join(LINES)[:-9], 59, [f"line 60: {CUT_OFF}"]),
    "cut last line, gzip": (lambda: _packed(b"".join(LINES)[:-9]), 59, [f"line 60: {CUT_OFF}"]),
    "no end mark": (lambda: _packed(b"".join(LINES))[:-8], 60, [f"line 61: {NOT_CLOSED}"]),
    "wrong checksum": (lambda: _broken_in_the_middle(b"".join(LINES)), 60, [f"line 61: {DAMAGED}"]),
    "foreign lines": (
        lambda: b"".join([*LINES[:3], b'{"level":"info"}\n', *LINES[3:9], b"GET /v1/classify\n", *LINES[9:]]),
        60,
        [f"line 4: {NO_RECORD}", f"line 11: {NO_JSON}"],
    ),
    "wrong number of scores": (
        lambda: b"".join([*LINES[:-1], LINES[-1].replace(b'"scores":[', b'"scores":[7,')]),
        59,
        ["line 60: a decision with 26 scores for 25 outputs"],
    ),
    "a page of something else": (
        lambda: b"<html>\n<body>\n",
        0,
        [f"line 1: {NO_JSON}", f"line 2: {NO_JSON}"],
    ),
    "zeros after a crash": (lambda: b"".join(LINES) + bytes(4096), 60, [f"line 61: {CUT_OFF}"]),
}  # fmt: skip


@pytest.mark.parametrize("name", GALLERY)
def test_a_damaged_file(name: str, tmp_path: Path):
    make, kept, losses = GALLERY[name]
    path = tmp_path / "decisions.jsonl.gz"
    path.write_bytes(make())
    log = read(pieces(path))
    assert told(log) == expected(DECISIONS[:kept])
    assert [str(loss) for loss in log.losses] == [f"decisions.jsonl.gz, {loss}" for loss in losses]


def test_a_gzip_that_was_cut_in_the_middle_gives_its_beginning(tmp_path: Path):
    path = tmp_path / "decisions.jsonl.gz"
    path.write_bytes(_cut(_packed(b"".join(LINES))))
    log = read(pieces(path))
    assert 0 < len(log.frame) < 60
    assert told(log) == expected(DECISIONS[: len(log.frame)])
    assert [str(loss) for loss in log.losses] == [f"decisions.jsonl.gz, line {len(log.frame) + 1}: {CUT_OFF}"]
