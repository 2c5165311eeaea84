"""What long documents are made of: harmless rows of one kind.

A document is judged by its worst window, so how often a long one is stopped depends on what it is made of far more than
on its length: rows chosen for looking harmful are kept apart from ordinary ones.
"""

from collections.abc import Iterable

import msgspec
import numpy as np

from models.encode import Item
from models.training.evaluate.judged import Mask
from models.training.evaluate.kinds import Part
from models.training.evaluate.rows import Standing

# Kinds of kinds.py, in the order of the report.
ORDINARY = ("news", "fiction", "medicine", "documents", "chat")
KINDS_OF_DOCUMENTS = (*ORDINARY, "near misses")
# The less its source was trained on, the more a row tells.
_ORDER = (Standing.HELD_OUT, Standing.RESTRICTED, Standing.DEV)


class Material(msgspec.Struct, frozen=True):
    """Harmless rows of one kind and standing; `stopped` (rows,) says which the policy stops by themselves."""

    kind: str
    standing: Standing
    sources: tuple[str, ...]
    items: list[Item]
    stopped: Mask

    @property
    def ordinary(self) -> bool:
        """Tell whether nobody chose the rows for looking harmful."""
        return self.kind in ORDINARY


def materials(parts: Iterable[Part]) -> list[Material]:
    """Return the rows of each kind that documents are made of, those of the sources least trained on."""
    by_kind: dict[str, list[Part]] = {kind: [] for kind in KINDS_OF_DOCUMENTS}
    for part in parts:
        if part.kind in by_kind and part.standing in _ORDER:
            by_kind[part.kind].append(part)
    out: list[Material] = []
    for kind, found in by_kind.items():
        if found:
            standing = min((part.standing for part in found), key=_ORDER.index)
            chosen = [part for part in found if part.standing is standing]
            out.append(
                Material(
                    kind,
                    standing,
                    tuple(dict.fromkeys(part.origin.source for part in chosen)),
                    [example.item for part in chosen for example in part.examples],
                    np.concatenate([part.found.stopped for part in chosen]),
                )
            )
    return out
