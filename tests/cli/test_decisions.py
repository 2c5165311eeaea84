"""`tidegate decisions`: logs that are damaged in every way are read up to there, and the loss is said."""

import gzip
import json
import zlib
from pathlib import Path

import msgspec
import pytest

from models.lines import CUT_OFF, NOT_CLOSED
from models.record import NO_JSON, NO_RECORD, Record
from service.decisions.labelled import (
    DEGRADED,
    NOT_THERE,
    OTHER_MODEL,
    OTHER_TENANT,
    REPEATED,
    SAYS_NOTHING,
    Heard,
    LabelledRow,
    joined,
)
from service.decisions.reading import OTHER_SCORES
from service.decisions.stream import Stream
from taxonomy.categories import Role
from taxonomy.decision import LAST_MOMENT, Decision, Feedback
from taxonomy.files import native
from taxonomy.policy import Action
from tests.cli.conftest import Tidegate

SECRET = "zebrafinch"
TIME = 1_700_000_000_000
WIDTH = len(native().trained) + 2
SAID = "2023-11-14T22:13:20Z to 2023-11-14T22:13:20Z"


def decision(number: int = 0, verdict: Action = Action.ALLOW, **changed: object) -> Decision:
    made = Decision(
        id=f"tg-{number:024x}-0",
        time=TIME,
        role=Role.PROMPT,
        scores=(100,) * WIDTH,
        verdict=verdict,
        policy="default",
        policy_digest="0" * 16,
        model="1" * 16,
        taxonomy="2" * 16,
        text=f"{number:032x}",
        tokens=3,
        scored=3,
        windows=1,
    )
    return msgspec.structs.replace(made, **changed)


LINE = msgspec.json.encode(decision())
LINES = b"".join(msgspec.json.encode(decision(i)) + b"\n" for i in range(1000))
PACKED = gzip.compress(LINES, mtime=0)


def flushed(*parts: bytes) -> bytes:
    """Return what a writer leaves that is killed after these writes."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join(packer.compress(part) + packer.flush(zlib.Z_SYNC_FLUSH) for part in parts)


def read(count: int) -> str:
    return f"{count:,} decisions, 0 of them without scores; 0 feedback" + (f"; {SAID}" if count else "")


NAME = "decisions-x.jsonl.gz"
# Content -> status and output.
DAMAGES: dict[str, tuple[bytes, int, list[str]]] = {
    "whole": (PACKED, 0, [read(1000)]),
    "plain": (LINES, 0, [read(1000)]),
    "two files in one": (PACKED + PACKED, 0, [read(2000)]),
    "killed": (flushed(LINES, LINES), 0, [read(2000), f"{NAME}, line 2001: {NOT_CLOSED}"]),
    "cut off in a write": (flushed(LINES, LINE[:50]), 1, [read(1000), f"{NAME}, line 1001: {CUT_OFF}"]),
    "last line without its end": (LINE + b"\n" + LINE, 0, [read(2)]),
    "last line cut": (LINE + b"\n" + LINE[:-1], 1, [read(1), f"{NAME}, line 2: {CUT_OFF}"]),
    "a broken line": (
        LINE + b'\n{"kind":"decision",' + SECRET.encode() + b"\n" + LINE + b"\n",
        1,
        [read(2), f"{NAME}, line 2: {NO_JSON}"],
    ),
    "a foreign line": (
        LINE + b'\n{"kind":"zebrafinch"}\n[]\n{"text":"zebrafinch"}\n' + LINE,
        1,
        [read(2), *(f"{NAME}, line {i}: {NO_RECORD}" for i in (2, 3, 4))],
    ),
    "scores of other categories": (
        LINE + b"\n" + msgspec.json.encode(decision(scores=(1, 2))),
        1,
        [read(1), f"{NAME}, line 2: {OTHER_SCORES}"],
    ),
    "a score beyond 1": (
        msgspec.json.encode(decision(scores=(10_001, *(1,) * (WIDTH - 1)))) + b"\n",
        1,
        [read(0), f"{NAME}, line 1: a decision with a score that is not from 0 to 10000"],
    ),
    "a score below 0": (
        msgspec.json.encode(decision(scores=(-1, *(1,) * (WIDTH - 1)))) + b"\n",
        1,
        [read(0), f"{NAME}, line 1: a decision with a score that is not from 0 to 10000"],
    ),
    "times that no date has": (
        msgspec.json.encode(decision(time=LAST_MOMENT + 1))
        + b"\n"
        + msgspec.json.encode(Feedback("tg-0-0", -1, right=True))
        + b"\n"
        + LINE,
        1,
        [
            read(1),
            f"{NAME}, line 1: a decision whose 'time' is not what it has to be",
            f"{NAME}, line 2: a feedback whose 'time' is not what it has to be",
        ],
    ),
    "empty lines": (b"\n\n" + LINE + b"\n\n", 0, [read(1)]),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_what_is_before_the_damage_is_read_and_the_loss_is_said(tidegate: Tidegate, tmp_path: Path, name: str) -> None:
    content, status, said = DAMAGES[name]
    (tmp_path / NAME).write_bytes(content)
    result = tidegate("decisions", "check", tmp_path)
    assert (result.exit_code, result.stdout.splitlines()) == (status, said)
    assert SECRET not in result.output


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_truncated_file_is_read_to_its_end(tidegate: Tidegate, tmp_path: Path, share: float) -> None:
    (tmp_path / NAME).write_bytes(PACKED[: int(share * len(PACKED))])
    result = tidegate("decisions", "check", tmp_path)
    read_lines = int(result.stdout.split()[0].replace(",", ""))
    assert result.exit_code == 1
    assert result.stdout.splitlines()[1:] == [f"{NAME}, line {read_lines + 1}: {CUT_OFF}"]
    assert read_lines > 900 * share - 200


def test_damage_in_the_middle_is_named(tidegate: Tidegate, tmp_path: Path) -> None:
    middle = len(PACKED) // 2
    (tmp_path / NAME).write_bytes(PACKED[:middle] + b"\xff" * 64 + PACKED[middle + 64 :])
    (tmp_path / "decisions-y.jsonl.gz").write_bytes(PACKED)
    result = tidegate("decisions", "check", tmp_path)
    assert result.exit_code == 1
    losses = result.stdout.splitlines()[1:]
    assert all(each.startswith(f"{NAME}, line ") for each in losses[:20])
    assert not any("default" in each for each in losses)
    assert 1000 < int(result.stdout.split()[0].replace(",", "")) < 2000  # the other file is whole


def test_a_log_that_is_not_there_is_one_line(tidegate: Tidegate, tmp_path: Path) -> None:
    result = tidegate("decisions", "check", tmp_path / "nowhere")
    assert (result.exit_code, result.output) == (1, "tidegate: PLACE: there is no such file or folder\n")


def test_a_stream_is_a_log_too(tidegate: Tidegate, redis_url: str) -> None:
    stream = Stream(redis_url, 1, 365_000)
    stream.write([LINE, msgspec.json.encode(Feedback("tg-0-0", TIME, right=True))])
    stream.tend()
    stream.close()
    result = tidegate("decisions", "check", redis_url)
    assert (result.exit_code, result.stdout) == (0, f"1 decisions, 0 of them without scores; 1 feedback; {SAID}\n")


def test_a_stream_keeps_about_as_much_as_it_may(redis_url: str) -> None:
    import redis

    stream = Stream(redis_url, 1, 30)
    for _ in range(10):
        stream.write([LINE] * 1000)
    stream.close()
    with redis.Redis.from_url(redis_url) as client:
        assert 2000 <= client.xlen("tidegate:decisions") < 2200


def test_feedback_becomes_rows_to_tune_on(tidegate: Tidegate, tmp_path: Path) -> None:
    said = [
        decision(1, Action.BLOCK),
        decision(2),
        Feedback(decision(1).id, TIME, right=False),
        Feedback(decision(3).id, TIME, right=False),
    ]
    (tmp_path / "a.jsonl").write_bytes(b"\n".join(map(msgspec.json.encode, said)))
    result = tidegate("decisions", "feedback", tmp_path)
    (row,) = map(json.loads, result.stdout.splitlines())
    assert row == {
        "id": decision(1).id,
        "role": "prompt",
        "verdict": "block",
        "unsafe": 0.01,
        "attack": 0.01,
        "categories": dict.fromkeys(native().trained, 0.01),
        "language": "",
        "supported": True,
        "traffic": False,
        "safe": True,
    }
    assert result.stderr.splitlines() == ["1 rows", f"left out: 1 {NOT_THERE}"]


def test_what_is_lost_of_a_log_is_said_beside_its_feedback(tidegate: Tidegate, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(LINE + b"\n" + LINE[:-1])
    result = tidegate("decisions", "feedback", tmp_path)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines() == ["0 rows", f"a.jsonl, line 2: {CUT_OFF}"]


def rows(*given: Record) -> tuple[list[LabelledRow], dict[str, int]]:
    found = joined(given, Heard(given))
    return found.rows, found.left_out


ATTACKED = (*(100,) * (WIDTH - 2), 200, 9000)
HARMFUL = (*(100,) * (WIDTH - 2), 9000, 200)
MEANT = [
    (Action.ALLOW, True, {}, HARMFUL, (True, {})),
    (Action.ALLOW, False, {}, HARMFUL, (False, {})),
    (Action.BLOCK, False, {}, HARMFUL, (True, {})),
    (Action.FLAG, False, {}, HARMFUL, (True, {})),
    (Action.BLOCK, True, {}, HARMFUL, (None, {"unsafe": True})),
    (Action.BLOCK, True, {}, ATTACKED, (None, {"attack": True})),
    (Action.REVIEW, True, {"hate": True}, HARMFUL, (None, {"hate": True})),
    (Action.ALLOW, False, {"hate": True}, HARMFUL, (None, {"hate": True})),
    (Action.ALLOW, True, {"hate": False}, HARMFUL, (True, {"hate": False})),
    (Action.BLOCK, False, {"hate": True}, HARMFUL, (None, {"hate": True})),  # wrong, but harm of another kind
    (Action.REVIEW, True, {}, HARMFUL, None),
    (Action.ALLOW, True, {"hate": True, "unsafe": False}, HARMFUL, None),
]


@pytest.mark.parametrize(("verdict", "right", "labels", "scores", "row"), MEANT)
def test_what_a_verdict_and_a_word_on_it_mean(verdict, right, labels, scores, row):
    made = decision(1, verdict, scores=scores)
    found, left_out = rows(made, Feedback(made.id, TIME, right, labels))
    assert [(each.safe, each.labels) for each in found] == ([row] if row else [])
    assert left_out == ({} if row else {SAYS_NOTHING: 1})


LEFT_OUT: dict[str, tuple[tuple[Record, ...], dict[str, int], int]] = {
    "two on one decision": (
        (decision(1), Feedback(decision(1).id, TIME + 1, False), Feedback(decision(1).id, TIME, True)),
        {},
        1,
    ),
    "another tenant": (
        (decision(1, tenant="a"), Feedback(decision(1).id, TIME, True, tenant="b")),
        {OTHER_TENANT: 1},
        0,
    ),
    "another tenant after the decision's": (
        (
            decision(1, tenant="a"),
            Feedback(decision(1).id, TIME, True, tenant="a"),
            Feedback(decision(1).id, TIME + 1, False, tenant="b"),
        ),
        {OTHER_TENANT: 1},
        1,
    ),
    "two tenants on a decision of nobody's": (
        (
            decision(1),
            Feedback(decision(1).id, TIME, True, tenant="a"),
            Feedback(decision(1).id, TIME, True, tenant="b"),
        ),
        {OTHER_TENANT: 2},
        0,
    ),
    "two tenants on a decision that is not there": (
        (Feedback(decision(1).id, TIME, True, tenant="a"), Feedback(decision(1).id, TIME, True, tenant="b")),
        {NOT_THERE: 2},
        0,
    ),
    "an operator": ((decision(1, tenant="a"), Feedback(decision(1).id, TIME, True)), {}, 1),
    "without scores": ((decision(1, degraded=True), Feedback(decision(1).id, TIME, True)), {DEGRADED: 1}, 0),
    "one text twice": (
        (
            decision(1),
            decision(2, text=decision(1).text),
            Feedback(decision(1).id, TIME, True),
            Feedback(decision(2).id, TIME, True),
        ),
        {REPEATED: 1},
        1,
    ),
    "an earlier model": (
        (
            decision(1),
            decision(2),
            decision(3, model="3" * 16, time=TIME + 1),
            decision(4),
            *(Feedback(decision(i).id, TIME, True) for i in (1, 2, 3, 4)),
        ),
        {OTHER_MODEL: 3},
        1,
    ),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_is_left_out_is_counted_by_its_reason(name):
    given, left_out, count = LEFT_OUT[name]
    found, counted = rows(*given)
    assert (counted, len(found)) == (left_out, count)


def test_the_later_of_two_counts():
    given, _, _ = LEFT_OUT["two on one decision"]
    found, _ = rows(*given)
    assert found[0].safe is False


@pytest.mark.parametrize(
    ("said", "right"),
    [
        ([("a", True), ("b", False)], True),
        ([("b", False), ("a", True)], True),
        ([("a", False), ("", True), ("b", False)], True),
        ([("", False), ("a", True)], True),
        ([("a", False), ("b", True), ("a", True)], True),
        ([("a", True), ("", False), ("b", True)], False),
    ],
)
def test_of_two_who_may_speak_the_later_counts_and_nobody_else_takes_its_place(said, right):
    made = decision(1, Action.ALLOW, tenant="a")
    heard = [Feedback(made.id, TIME + i, each, tenant=tenant) for i, (tenant, each) in enumerate(said)]
    for given in ([made, *heard], [*heard, made], [*reversed(heard), made]):
        (row,), _ = rows(*given)
        assert row.safe is right
