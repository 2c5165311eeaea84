"""What a disguise costs: recall of short harmful texts as they stand, disguised, and with no view taken.

A disguise must not be a verdict either, so harmless texts wear it too.
"""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from models.encode import Encoded, Item
from models.training.corpus.build import stack
from models.training.evaluate.disguises import DISGUISED
from models.training.evaluate.judged import Judged, Mask, share_of
from models.training.evaluate.quality import harmful_rows, harmless_rows
from models.training.evaluate.rows import RowSet
from models.training.evaluate.share import Share

# Characters of a text short enough to be typed into a converter.
LONGEST = 160
PLAIN = "none"


class DisguiseLine(msgspec.Struct, frozen=True, kw_only=True):
    """Stopped texts under one disguise; `without` is with views off."""

    disguise: str
    harmful: Share
    harmful_without: Share
    harmless: Share
    harmless_without: Share


def short_texts(rows: RowSet, most: int) -> tuple[list[Item], Mask]:
    """Return at most `most` harmful and as many harmless short texts, and a mask of the harmful ones (items,)."""
    if not rows.examples:
        return [], np.zeros(0, dtype=bool)
    values, weights = stack(rows.examples)
    short = np.array([each.item.context is None and len(each.item.text) <= LONGEST for each in rows.examples])
    harmful = np.flatnonzero(short & harmful_rows(values, weights))[:most]
    harmless = np.flatnonzero(short & harmless_rows(values, weights))[:most]
    items = [rows.examples[i].item for i in (*harmful, *harmless)]
    return items, np.arange(len(items)) < len(harmful)


def disguised(items: Sequence[Item]) -> dict[str, list[Item]]:
    """Return the texts as they stand, then in each disguise."""
    worn = {name: [Item(each.role, wear(each.text)) for each in items] for name, wear in DISGUISED.items()}
    return {PLAIN: list(items), **worn}


def without_views(encoded: Encoded) -> Encoded:
    """Return only the windows of a text as it stands."""
    return msgspec.structs.replace(encoded, windows=tuple(each for each in encoded.windows if not each.view))


def disguise_lines(found: Mapping[str, tuple[Judged, Judged]], harmful: Mask) -> list[DisguiseLine]:
    """Return a line for each disguise, given the verdicts with views and without."""
    return [
        DisguiseLine(
            disguise=name,
            harmful=share_of(seen.stopped[harmful]),
            harmful_without=share_of(unseen.stopped[harmful]),
            harmless=share_of(seen.stopped[~harmful]),
            harmless_without=share_of(unseen.stopped[~harmful]),
        )
        for name, (seen, unseen) in found.items()
    ]
