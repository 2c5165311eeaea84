"""Read labelled rows from a data folder, as its README describes them, and drop what may not be trained on.

<data>/train/*.jsonl.gz             rows, one source a file
<data>/train/label_map.json         what each source's labels mean in our taxonomy
<data>/annotations.jsonl.gz         rows read again under one policy, keyed by row id
<data>/holdout_fingerprints.txt.gz  hashes of texts kept aside for acceptance
"""

import gzip
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec

Kind = Literal["prompt", "pair", "text", "document"]

_NOT_FINGERPRINTED = re.compile(r"[^0-9a-z\u0080-\U0010ffff]")
_SHORTEST_FINGERPRINTED = 12


class Data(msgspec.Struct, frozen=True):
    """Where rows are read: the data folder, and that of our own texts and annotations, where there is one."""

    folder: Path
    own: Path | None = None


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
    # Shares in 0..1 of what does not hold for certain: one annotator's doubt, or the split of several.
    soft: dict[str, float] = {}
    # Whether it was picked because a model was unsure of it, or contradicted its source: such rows say nothing of
    # how many of their source hold.
    doubted: bool = False

    @property
    def shares(self) -> dict[str, float]:
        """How far each slug that was named holds, 0..1."""
        return self.soft | dict.fromkeys(self.labels, 1.0)


class LabelMeaning(msgspec.Struct, frozen=True):
    """What a source's label says of our categories."""

    strong: tuple[str, ...]
    weak: tuple[str, ...]


class SourceMeaning(msgspec.Struct, frozen=True):
    """The label map's entry for one source."""

    labels: dict[str, LabelMeaning]


def read_label_map(data: Data) -> dict[str, SourceMeaning]:
    """Return the meaning of every source's labels."""
    return msgspec.json.decode((data.folder / "train" / "label_map.json").read_bytes(), type=dict[str, SourceMeaning])


def read_rows(folder: Path) -> Iterator[SourceRow]:
    """Yield the rows of every source in a folder."""
    for path in sorted(folder.glob("*.jsonl.gz")):
        yield from read_source(folder, path.name.removesuffix(".jsonl.gz"))


def read_source(folder: Path, source: str) -> Iterator[SourceRow]:
    """Yield the rows of one source; none when it is not in the folder."""
    path = folder / f"{source}.jsonl.gz"
    if path.exists():
        decoder = msgspec.json.Decoder(SourceRow)
        with gzip.open(path, "rb") as lines:
            yield from map(decoder.decode, lines)


def without(holdout: frozenset[str], rows: Iterable[SourceRow]) -> Iterator[SourceRow]:
    """Drop the rows with a text that is kept aside."""
    return (row for row in rows if not any(fingerprint(text) in holdout for text in row.strings))


def read_annotations(data: Data) -> dict[str, Annotation]:
    """Return the annotations by row id, those of both folders; several of one row are averaged."""
    decoder = msgspec.json.Decoder(Annotation)
    by_id: dict[str, list[Annotation]] = defaultdict(list)
    ours = sorted((data.own / "annotations").glob("*.jsonl.gz")) if data.own else ()
    for path in (data.folder / "annotations.jsonl.gz", *ours):
        if path.exists():
            with gzip.open(path, "rb") as lines:
                for each in decoder.decode_lines(lines.read()):
                    by_id[each.id].append(each)
    return {name: averaged(found) for name, found in by_id.items()}


def averaged(found: Sequence[Annotation]) -> Annotation:
    """Return what several annotators say of one row: a share of them per slug, the mean of `unsafe`."""
    if len(found) == 1:
        return found[0]
    shares: dict[str, float] = defaultdict(float)
    for each in found:
        for slug, value in each.shares.items():
            shares[slug] += value / len(found)
    whole = tuple(slug for slug, share in shares.items() if share > 1 - 1e-6)
    return Annotation(
        id=found[0].id,
        source=found[0].source,
        labels=whole,
        soft={slug: share for slug, share in shares.items() if slug not in whole},
        unsafe=sum(each.unsafe for each in found) / len(found),
        annotator="+".join(each.annotator for each in found),
        doubted=any(each.doubted for each in found),
    )


def read_holdout(data: Data) -> frozenset[str]:
    """Return the fingerprints of the texts kept aside; training without that file is refused by OSError."""
    with gzip.open(data.folder / "holdout_fingerprints.txt.gz", "rt") as lines:
        return frozenset(line.strip() for line in lines)


def fingerprint(text: str) -> str | None:
    """Return 16 hex digits that survive case and punctuation, or None for a text too short to tell apart."""
    letters = _NOT_FINGERPRINTED.sub("", text.lower())
    if len(letters) < _SHORTEST_FINGERPRINTED:
        return None
    return hashlib.sha1(letters.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()[:16]
