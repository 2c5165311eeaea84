"""`tidegate decisions`: logs that are damaged in every way are read up to there, and the loss is said."""

import gzip
import json
import zlib
from pathlib import Path

import msgspec
import pytest

from models.lines import CUT_OFF, NOT_CLOSED
from models.record import NO_JSON, NO_RECORD
from service.decisions.labelled import NOT_THERE
from service.decisions.reading import OTHER_SCORES
from service.decisions.stream import Stream
from taxonomy.decision import LAST_MOMENT, Feedback
from taxonomy.files import native
from taxonomy.policy import Action
from tests.cli.conftest import Tidegate
from tests.service.decisions.kept import TIME, WIDTH, decision

SECRET = "zebrafinch"
SAID = "2023-11-14T22:13:20Z to 2023-11-14T22:13:20Z"
LINE = msgspec.json.encode(decision())
LINES = b"".join(msgspec.json.encode(decision(i)) + b"\n" for i in range(1000))
PACKED = gzip.compress(LINES, mtime=0)


def flushed(*parts: bytes) -> bytes:
    """Return what a writer leaves that is killed after these writes."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return b"".join(packer.compress(part) + packer.flush(zlib.Z_SYNC_FLUSH) for part in parts)


def read(count: int) -> str:
    decisions = "1 decision" if count == 1 else f"{count:,} decisions"
    return f"{decisions}, 0 of them without scores; 0 pieces of feedback" + (f"; {SAID}" if count else "")


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
        LINE + b"\n" + msgspec.json.encode(decision(scores=(1, 2), taxonomy="2" * 16)),
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


def test_a_stream_is_a_log_too(tidegate: Tidegate, redis_url: str) -> None:
    stream = Stream(redis_url, 1, 365_000)
    stream.write([LINE, msgspec.json.encode(Feedback("tg-0-0", TIME, right=True))])
    stream.tend()
    stream.close()
    result = tidegate("decisions", "check", redis_url)
    said = f"1 decision, 0 of them without scores; 1 piece of feedback; {SAID}\n"
    assert (result.exit_code, result.stdout) == (0, said)


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
    assert result.stderr.splitlines() == ["1 row", f"left out: 1 {NOT_THERE}"]


def test_what_is_lost_of_a_log_is_said_beside_its_feedback(tidegate: Tidegate, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(LINE + b"\n" + LINE[:-1])
    result = tidegate("decisions", "feedback", tmp_path)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.splitlines() == ["0 rows", f"a.jsonl, line 2: {CUT_OFF}"]
