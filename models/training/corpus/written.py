"""Texts that were written for this project: models/texts/written/*.jsonl.gz, outside the wheel.

Groups share topic and words and differ in harm; every category is judged on every text. They are read as rows of
a source of their own, so that they go the way of every other row.
"""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from models.training.corpus.sources import Kind, LabelMeaning, SourceMeaning, SourceRow
from taxonomy.categories import Role
from taxonomy.files import native

TEXTS = Path(__file__).parents[2] / "texts"
OWN = "written"
# With the first set of ours, which lies among the data.
WRITTEN = frozenset({"written_pairs", OWN})
SLUGS = native().trained
MEANING = SourceMeaning({slug: LabelMeaning((slug,), ()) for slug in SLUGS})

Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_KINDS: dict[Role, Kind] = {Role.PROMPT: "prompt", Role.RESPONSE: "pair", Role.DOCUMENT: "document", Role.TEXT: "text"}


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One text. What is in neither `labels` nor `soft` does not hold; `soft` is a share of readers, 0..1."""

    group: str
    role: Role
    text: str
    labels: tuple[str, ...]
    unsafe: Share
    style: str
    context: str | None = None
    soft: dict[str, Share] = {}
    # Of a document with a foreign instruction: where it stands.
    position: Literal["start", "middle", "end"] | None = None

    def row(self, name: str) -> SourceRow:
        """Return the text as a row of the source `written`."""
        judged: dict[str, float] = dict.fromkeys(SLUGS, 0.0) | self.soft | dict.fromkeys(self.labels, 1.0)
        tags = {f"pair:{self.group}": 1.0} | ({f"position:{self.position}": 1.0} if self.position else {})
        response, prompt = self.role is Role.RESPONSE, self.role is Role.PROMPT
        return SourceRow(
            id=name,
            source=OWN,
            kind=_KINDS[self.role],
            prompt=self.context if response else self.text if prompt else None,
            response=self.text if response else None,
            text=None if response or prompt else self.text,
            labels=judged | tags,
            unsafe=self.unsafe,
        )


def read_batch(path: Path) -> list[Written]:
    """Return the texts of one file."""
    with gzip.open(path, "rb") as lines:
        return [msgspec.json.decode(line, type=Written) for line in lines]


def read_written(folder: Path) -> Iterator[SourceRow]:
    """Yield the texts of every batch as rows named `written-<batch>-<line>`; none when the folder is absent."""
    for path in sorted(folder.glob("*.jsonl.gz")):
        batch = path.name.removesuffix(".jsonl.gz")
        for number, each in enumerate(read_batch(path), 1):
            yield each.row(f"{OWN}-{batch}-{number}")
