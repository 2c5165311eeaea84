"""One line of a decision log: a decision, feedback on one, or what is wrong with it in words that repeat none of it."""

import re
from typing import TypeAlias

import msgspec

from taxonomy.categories import Taxonomy
from taxonomy.decision import STEPS, Decision, Feedback, short

Record: TypeAlias = Decision | Feedback

NO_JSON = "no JSON"
NO_RECORD = "neither a decision nor feedback"
_RECORD: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Decision | Feedback)
_KINDS = {"decision", "feedback"}
# msgspec's messages quote values, but the names of fields in them are those of our structs.
_MISSING = re.compile(r"^Object missing required field `(\w+)`")
_PLACE = re.compile(r" - at `\$\.(\w+)")


class NoRecord(ValueError):
    """A line is no record; the message says why."""


class _Kind(msgspec.Struct):
    kind: str


_KIND = msgspec.json.Decoder(_Kind)


def read_record(line: bytes, taxonomy: Taxonomy) -> Record:
    """Read a line; a decision by this taxonomy has a score for each of its outputs. Raises NoRecord."""
    try:
        record = _RECORD.decode(line)
    except msgspec.ValidationError as error:
        raise NoRecord(_what(line, str(error))) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NoRecord(NO_JSON) from None
    if isinstance(record, Decision):
        _check(record, taxonomy)
    return record


def _what(line: bytes, message: str) -> str:
    try:
        kind = _KIND.decode(line).kind
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return NO_RECORD
    if kind not in _KINDS:
        return NO_RECORD
    if place := _PLACE.search(message):
        return f"a {kind} whose '{place[1]}' is not what it has to be"
    if field := _MISSING.search(message):
        return f"a {kind} without '{field[1]}'"
    return NO_RECORD


def _check(decision: Decision, taxonomy: Taxonomy) -> None:
    outputs = len(taxonomy.trained) + 2
    if decision.taxonomy == short(taxonomy.digest) and len(decision.scores) != outputs:
        raise NoRecord(f"a decision with {len(decision.scores)} scores for {outputs} outputs")
    if not all(0 <= score <= STEPS for score in decision.scores):
        raise NoRecord(f"a decision with a score that is not from 0 to {STEPS}")
