"""Rows that were picked for labelling, as lines that `tidegate tune` reads once they are filled in."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from models.encode import Item
from models.tuning.labelled import Reading
from models.tuning.labels import Said
from models.tuning.sample import EVEN, Picked
from models.tuning.sheet import Labelled
from taxonomy.categories import Role


def lines(picked: Sequence[Picked], of: Labelled, data: Path | None, role: Role) -> Iterator[str]:
    """Yield a line for each row, in the order of the data; `data` is the file that has the texts, None for a log.

    `role` is that of rows that do not say theirs. Raises DataError.
    """
    items = _items(data, role, {each.place for each in picked}) if data else {}
    for each in sorted(picked):
        yield msgspec.json.encode(_line(each, of, items.get(each.place))).decode() + "\n"


def _line(picked: Picked, of: Labelled, item: Item | None) -> dict[str, Any]:
    role = list(Role)[of.rows.roles[picked.place]]
    line: dict[str, Any] = {"id": of.names[picked.place], "role": role}
    if item and item.text:  # none of a row that was scored before
        line |= {"text": item.text} | ({"context": item.context} if item.context else {})
    line |= {"labels": None, "traffic": picked.part == EVEN, "part": picked.part}
    return line | ({"category": picked.category, "distance": picked.distance} if picked.category else {})


def _items(data: Path, role: Role, places: set[int]) -> dict[int, Item]:
    """Return the texts at some places of a file, as they are written there: no others are held."""
    found: dict[int, Item] = {}
    begin = 0
    for batch in Reading(data, role, lambda _: Said(0, 0), as_written=True).batches():
        found |= {begin + i: item for i, item in enumerate(batch.items) if begin + i in places}
        begin += len(batch.items)
    return found
