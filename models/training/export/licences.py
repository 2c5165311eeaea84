"""The licences of the training sources, read from the table in the data folder's README."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from models.training.corpus.written import OWN
from models.training.export.errors import ExportError

_TABLE = "## Sources in `train/`"
_COLUMNS = ("source", "what it is", "repo @ commit", "licence")
# Licences that ask derived collections to carry the same licence. Weights are not such a collection as we read
# it, but whoever redistributes the texts must know.
_SHARE_ALIKE = ("CC-BY-SA", "GPL", "share-alike")


class Licensed(msgspec.Struct, frozen=True):
    """A source as the table describes it."""

    source: str
    what: str
    repository: str
    licence: str

    @property
    def share_alike(self) -> bool:
        """Whether its licence is share-alike or copyleft."""
        return any(word in self.licence for word in _SHARE_ALIKE)


OURS = Licensed(OWN, "written for this project (models/texts)", "this project", "Apache-2.0")


def licences(readme: Path, sources: Iterable[str]) -> list[Licensed]:
    """Return a row for each source, in order. Raises ExportError when one has none: it must not be shipped."""
    found = {row.source: row for row in (*_rows(readme), OURS)}
    if missing := [source for source in sources if source not in found]:
        raise ExportError(f"{readme} gives no licence for {', '.join(missing)}")
    return [found[source] for source in sources]


def _rows(readme: Path) -> list[Licensed]:
    lines = iter(readme.read_text("utf-8").splitlines())
    while (line := next(lines, None)) is not None and line.strip() != _TABLE:
        pass
    table: list[list[str]] = []
    for line in lines:
        if line.startswith("## "):
            break
        if line.startswith("|"):
            table.append([cell.strip() for cell in line.strip("|\n ").split("|")])
    if len(table) < 2 or not set(_COLUMNS) <= set(table[0]):
        raise ExportError(f"{readme} has no table '{_TABLE}' with the columns {', '.join(_COLUMNS)}")
    places = [table[0].index(column) for column in _COLUMNS]
    return [Licensed(*(row[place] for place in places)) for row in table[2:]]
