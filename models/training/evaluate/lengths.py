"""Length: how often a long harmless document is stopped, and whether a harmful text is still found in one.

A long text is judged by its worst window: each more is one more chance of a false alarm. Documents are made of
harmless texts of one kind, one after the other (materials.py).
"""

import random
from collections.abc import Iterator, Sequence

import msgspec

from models.encode import EncodingSpec
from models.training.evaluate.rows import Standing
from models.training.evaluate.share import Share

WINDOWS = (1, 4, 16, 64)
PLACES = ("start", "middle", "end")


class Piece(msgspec.Struct, frozen=True):
    """A harmless text and how many tokens it has."""

    text: str
    tokens: int


class LengthLine(msgspec.Struct, frozen=True, kw_only=True):
    """Harmless documents of about so many windows, made of `rows` rows of `sources`.

    `ordinary` tells whether nobody chose the rows for looking harmful.
    """

    kind: str
    ordinary: bool
    standing: Standing
    sources: tuple[str, ...]
    rows: int
    windows: int
    mean_windows: float
    flagged: Share
    stopped: Share


class PlantLine(msgspec.Struct, frozen=True, kw_only=True):
    """Short harmful texts planted in ordinary documents that pass by themselves; `alone` is each as a document.

    `recall` has the share that is stopped at each of PLACES.
    """

    windows: int
    documents: int
    alone: Share
    recall: dict[str, Share]


def tokens_of(windows: int, spec: EncodingSpec) -> int:
    """Return a length in tokens that is read in so many windows, half a step from the lengths that are not."""
    step = spec.max_tokens - 3 - spec.overlap  # [CLS], a role, [SEP]
    return spec.overlap + int((windows - 0.5) * step)


def documents(pieces: Sequence[Piece], tokens: int, count: int, rng: random.Random) -> Iterator[str]:
    """Yield `count` documents of about `tokens` tokens, of pieces in random order, the last one cut.

    A piece stands at most once in a document, until all have; none is yielded when the pieces are empty.
    """
    order: list[Piece] = []
    for _ in range(count if any(each.tokens for each in pieces) else 0):
        parts: list[str] = []
        room = tokens
        while room > 0:
            order = order or rng.sample(pieces, len(pieces))
            piece = order.pop()
            words = piece.text.split()
            parts += words[: len(words) * room // piece.tokens + 1] if piece.tokens > room else words
            room -= piece.tokens
        yield " ".join(parts)


def planted(document: str, text: str, place: str) -> str:
    """Return the document with a text at its start, after a sentence near its middle, or at its end."""
    match place:
        case "start":
            return f"{text} {document}"
        case "end":
            return f"{document} {text}"
    middle = len(document) // 2
    at = next((found + 1 for mark in (". ", " ") if (found := document.find(mark, middle)) >= 0), len(document))
    return f"{document[:at].rstrip()} {text} {document[at:].lstrip()}".rstrip()
