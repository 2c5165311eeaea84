"""Read labelled rows from a data folder, as its README describes them, and drop what may not be trained on.

<data>/train/*.jsonl.gz             rows, one source a file
<data>/train/label_map.json         what each source's labels mean in our taxonomy
<data>/annotations.jsonl.gz         rows read again under one policy, keyed by row id
<data>/holdout_fingerprints.txt.gz  hashes of texts kept aside for acceptance
"""

import gzip
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

Kind = Literal["prompt", "pair", "text", "document"]

_NOT_FINGERPRINTED = re.compile(r"[^0-9a-z\u0080-\U0010ffff]")
_SHORTEST_FINGERPRINTED = 12


class SourceRow(msgspec.Struct, frozen=True):
    """One row as its source gives it. `labels` keeps the source's names; a missing label was not judged."""

    id: str
    source: str
    kind: Kind
    prompt: str | None
    response: str | None
    text: str | None
    labels: dict[str, float]
    unsafe: float | None

    @property
    def strings(self) -> tuple[str, ...]:
        """The texts of the row."""
        return tuple(s for s in (self.prompt, self.response, self.text) if s)


class Annotation(msgspec.Struct, frozen=True):
    """A row judged on every category: slugs that hold, and how far a moderator would want it stopped (0..1)."""

    id: str
    source: str
    labels: tuple[str, ...]
    unsafe: float
    annotator: str


class LabelMeaning(msgspec.Struct, frozen=True):
    """What a source's label says of our categories."""

    strong: tuple[str, ...]
    weak: tuple[str, ...]


class SourceMeaning(msgspec.Struct, frozen=True):
    """The label map's entry for one source."""

    labels: dict[str, LabelMeaning]


def read_label_map(data: Path) -> dict[str, SourceMeaning]:
    """Return the meaning of every source's labels."""
    return msgspec.json.decode((data / "train" / "label_map.json").read_bytes(), type=dict[str, SourceMeaning])


def read_rows(folder: Path, holdout: frozenset[str] = frozenset()) -> Iterator[SourceRow]:
    """Yield the rows of every source in a folder, less those with a text that is kept aside."""
    decoder = msgspec.json.Decoder(SourceRow)
    for path in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(path, "rb") as lines:
            for line in lines:
                row = decoder.decode(line)
                if not any(fingerprint(text) in holdout for text in row.strings):
                    yield row


def read_annotations(data: Path) -> dict[str, Annotation]:
    """Return the annotations by row id; none when the file is absent."""
    path = data / "annotations.jsonl.gz"
    if not path.exists():
        return {}
    with gzip.open(path, "rb") as lines:
        found = [msgspec.json.decode(line, type=Annotation) for line in lines]
    return {each.id: each for each in found}


def read_holdout(data: Path) -> frozenset[str]:
    """Return the fingerprints of the texts kept aside; training without that file is refused by OSError."""
    with gzip.open(data / "holdout_fingerprints.txt.gz", "rt") as lines:
        return frozenset(line.strip() for line in lines)


def fingerprint(text: str) -> str | None:
    """Return 16 hex digits that survive case and punctuation, or None for a text too short to tell apart."""
    letters = _NOT_FINGERPRINTED.sub("", text.lower())
    if len(letters) < _SHORTEST_FINGERPRINTED:
        return None
    return hashlib.sha1(letters.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()[:16]
