"""Rows as they are read, and many of them as columns."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.encode import Item
from models.tuning.classified import Classified
from models.tuning.scores import Scores, uncounted
from taxonomy.categories import Role

_ROLES = list(Role)


class Row(NamedTuple):
    """One text as it stands in a batch; `scores` is None where it is to be scored."""

    item: Item
    name: str
    positive: int
    negative: int
    group: int
    key: int
    traffic: bool
    scores: Classified | None


class Batch(NamedTuple):
    """n texts with what is said of them; bits are those of meaning.BIT, arrays have shape (n,).

    Texts are normalised, or as they are written where a Reading was asked for that. `scores` is None where the texts
    are to be scored. `names` are the ids in the file, or the number of the line.
    """

    items: list[Item]
    names: list[str]
    positive: NDArray[np.uint32]
    negative: NDArray[np.uint32]
    roles: NDArray[np.uint8]
    groups: NDArray[np.int64]
    keys: NDArray[np.uint64]
    traffic: NDArray[np.bool_]
    scores: Scores | None


def batch(rows: Sequence[Row]) -> Batch:
    """Return rows, all of them with scores or none, as columns."""
    scored = [row.scores for row in rows if row.scores is not None]
    return Batch(
        [row.item for row in rows],
        [row.name for row in rows],
        np.array([row.positive for row in rows], np.uint32),
        np.array([row.negative for row in rows], np.uint32),
        np.array([_ROLES.index(row.item.role) for row in rows], np.uint8),
        np.array([row.group for row in rows], np.int64),
        np.array([row.key for row in rows], np.uint64),
        np.array([row.traffic for row in rows], bool),
        _columns(scored) if scored else None,
    )


def _columns(scored: Sequence[Classified]) -> Scores:
    return uncounted(
        np.array([each.steps for each in scored], np.uint16),
        np.array([each.supported for each in scored], bool),
        [each.language for each in scored],
    )
