"""Records of a log one by one, with what is lost among them said in their place."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import msgspec

from models.lines import Loss, Piece
from taxonomy.categories import Taxonomy
from taxonomy.decision import STEPS, Decision, Feedback

Record: TypeAlias = Decision | Feedback

BROKEN = "this line is no JSON"
FOREIGN = "this line is neither a decision nor feedback"
OTHER_SCORES = "the scores of this decision are not those of this version's categories"
_DECODER: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Decision | Feedback)


def records(found: Iterable[Piece | Loss], taxonomy: Taxonomy) -> Iterator[Record | Loss]:
    """Yield what can be read, and a Loss for what cannot, which never repeats any of it. Empty lines are nothing."""
    for piece in found:
        if isinstance(piece, Loss):
            yield piece
            continue
        for number, line in enumerate(piece.data.split(b"\n"), piece.first):
            if line.strip():
                yield _record(line, taxonomy) or Loss(piece.source, number, _wrong(line))


def _record(line: bytes, taxonomy: Taxonomy) -> Record | None:
    try:
        record = _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return record if isinstance(record, Feedback) or _fits(record, taxonomy) else None


def _fits(record: Decision, taxonomy: Taxonomy) -> bool:
    width = len(taxonomy.trained) + 2
    return len(record.scores) == width and min(record.scores) >= 0 and max(record.scores) <= STEPS


def _wrong(line: bytes) -> str:
    try:
        _DECODER.decode(line)
    except msgspec.ValidationError:
        return FOREIGN
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return BROKEN
    return OTHER_SCORES
