"""Logs and policies for replays."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from models.lines import Piece
from models.tuning.log import DecisionLog, read
from taxonomy.decision import Decision


def lines_of(records: Iterable[msgspec.Struct]) -> bytes:
    return b"".join(msgspec.json.encode(each) + b"\n" for each in records)


def log_of(decisions: Sequence[Decision]) -> DecisionLog:
    return read([Piece("decisions.jsonl", 1, lines_of(decisions))])


def policy_file(path: Path, text: str) -> Path:
    path.write_text(f"kind: policy\nname: candidate\ndescription: Tried.\nextends: default\n{text}")
    return path
