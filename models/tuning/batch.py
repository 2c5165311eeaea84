"""Rows as they are read, and what is said of many of them as columns."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
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


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """What is said of n texts; `positive` and `negative` are bits of labels.BIT, arrays have shape (n,).

    `names` are the ids in the file, or the number of the line. `groups` are equal for copies of a text, `keys` tell
    what is scored (both of identity). `scores` are those that the file brings along, None where the texts are to be
    scored.
    """

    names: list[str]
    positive: NDArray[np.uint32]
    negative: NDArray[np.uint32]
    roles: NDArray[np.uint8]
    groups: NDArray[np.int64]
    keys: NDArray[np.uint64]
    traffic: NDArray[np.bool_]
    scores: Scores | None


class Batch(Columns, frozen=True, kw_only=True):
    """Texts with what is said of them: normalised, or as they are written where a Reading was asked for that."""

    items: list[Item]


def batch(rows: Sequence[Row]) -> Batch:
    """Return rows, all of them with scores or none, as columns."""
    scored = [row.scores for row in rows if row.scores is not None]
    return Batch(
        items=[row.item for row in rows],
        names=[row.name for row in rows],
        positive=np.array([row.positive for row in rows], np.uint32),
        negative=np.array([row.negative for row in rows], np.uint32),
        roles=np.array([_ROLES.index(row.item.role) for row in rows], np.uint8),
        groups=np.array([row.group for row in rows], np.int64),
        keys=np.array([row.key for row in rows], np.uint64),
        traffic=np.array([row.traffic for row in rows], bool),
        scores=_scores(scored) if scored else None,
    )


def _scores(scored: Sequence[Classified]) -> Scores:
    return uncounted(
        np.array([each.steps for each in scored], np.uint16),
        np.array([each.supported for each in scored], bool),
        [each.language for each in scored],
    )
