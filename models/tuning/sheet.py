"""All that is said in a file of labelled texts, as columns: the texts are left behind."""

from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.outputs import OUTPUTS
from models.tuning.batch import Columns
from models.tuning.labelled import Reading
from models.tuning.records import digest_of
from models.tuning.rows import LabelledRows, Mask
from models.tuning.scores import Scores, joined

_PLACES = np.arange(len(OUTPUTS), dtype=np.uint32)


class Sheet(Columns, frozen=True, kw_only=True):
    """A whole file without its texts. `data` is its digest, `notes` are sentences on what was let through."""

    data: str
    notes: tuple[str, ...]


class Labelled(NamedTuple):
    """Labelled rows with what a report breaks them down by; `data` and `model` are digests, `names` as in Columns."""

    rows: LabelledRows
    scores: Scores
    names: list[str]
    data: str
    model: str
    notes: tuple[str, ...]


def sheet(reading: Reading) -> Sheet:
    """Read a file through, so that a mistake in its last line is found before anything is scored. Raises DataError."""
    parts = [msgspec.structs.replace(batch, items=[]) for batch in reading.batches()]
    scores = [part.scores for part in parts if part.scores is not None]
    return Sheet(
        names=[name for part in parts for name in part.names],
        positive=np.concatenate([part.positive for part in parts]),
        negative=np.concatenate([part.negative for part in parts]),
        roles=np.concatenate([part.roles for part in parts]),
        groups=numbered(np.concatenate([part.groups for part in parts])),
        keys=np.concatenate([part.keys for part in parts]),
        traffic=np.concatenate([part.traffic for part in parts]),
        scores=joined(scores) if scores else None,
        data=digest_of(reading.path),
        notes=reading.notes,
    )


def labelled(of: Sheet, scores: Scores, model: str) -> Labelled:
    """Put labels and scores together; `model` is the digest of what has scored."""
    rows = LabelledRows(
        scores.steps,
        unpacked(of.positive),
        unpacked(of.positive | of.negative),
        of.roles,
        of.groups,
        scores.supported,
        of.traffic if not of.traffic.all() else None,
    )
    return Labelled(rows, scores, of.names, of.data, model, of.notes)


def numbered(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return groups, of shape (n,), numbered as they first appear: hashes differ from one process to the next.

    Which rows are chosen on depends on the numbers, and must not.
    """
    _, first, member = np.unique(groups, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[member], np.int64)


def unpacked(bits: NDArray[np.uint32]) -> Mask:
    """Return bits of shape (n,) as (n, outputs)."""
    return ((bits[:, None] >> _PLACES) & 1).astype(bool)
