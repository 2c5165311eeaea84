"""All that is said in a file of labelled texts, as columns: the texts are left behind."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.outputs import OUTPUTS
from models.tuning.labelled import Reading
from models.tuning.records import digest_of
from models.tuning.rows import LabelledRows, Mask
from models.tuning.scores import Scores, joined

_PLACES = np.arange(len(OUTPUTS), dtype=np.uint32)


class Sheet(NamedTuple):
    """n texts without their texts. `positive` and `negative` are bits of OUTPUTS, of shape (n,) as the rest is.

    `keys` tell what is scored (identity.row_key). `scores` are those that the file brings along, None where the texts
    are to be scored. `data` is the file's digest.
    `names` are ids, or numbers of lines. `notes` are sentences on what was let through.
    """

    names: list[str]
    positive: NDArray[np.uint32]
    negative: NDArray[np.uint32]
    roles: NDArray[np.uint8]
    groups: NDArray[np.int64]
    keys: NDArray[np.uint64]
    traffic: Mask
    scores: Scores | None
    data: str
    notes: tuple[str, ...]


class Labelled(NamedTuple):
    """Labelled rows with what a report breaks them down by; `data` and `model` are digests, `names` as in Sheet."""

    rows: LabelledRows
    scores: Scores
    names: list[str]
    data: str
    model: str
    notes: tuple[str, ...]


def sheet(reading: Reading) -> Sheet:
    """Read a file through, so that a mistake in its last line is found before anything is scored. Raises DataError."""
    batches = [batch._replace(items=[]) for batch in reading.batches()]
    scores = [batch.scores for batch in batches if batch.scores is not None]
    return Sheet(
        [name for batch in batches for name in batch.names],
        np.concatenate([batch.positive for batch in batches]),
        np.concatenate([batch.negative for batch in batches]),
        np.concatenate([batch.roles for batch in batches]),
        numbered(np.concatenate([batch.groups for batch in batches])),
        np.concatenate([batch.keys for batch in batches]),
        np.concatenate([batch.traffic for batch in batches]),
        joined(scores) if scores else None,
        digest_of(reading.path),
        reading.notes,
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
