"""The decisions of a log decided again: what was, what would be, row by row."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.decide import Decided, Gravities, decide_all
from taxonomy.decision import short
from taxonomy.files import native
from taxonomy.override import OverrideRefused, bounded
from taxonomy.policy import Policy, ThresholdOutOfRange, UnknownCategory

_THRESHOLDS = msgspec.json.Decoder(dict[str, float])


class Again(NamedTuple):
    """n decisions that can be compared; gravities are Action.gravity.

    `frame` has the columns of DecisionLog, and `texts`, of shape (n,), tells texts apart. `before` and `after` are
    verdicts, of shape (n,). `categories_before` and `categories_after` have shape (n, Taxonomy.slugs); of those before
    only the rows that are `known`, of shape (n,), count.
    """

    frame: pl.DataFrame
    texts: NDArray[np.uint64]
    before: Gravities
    after: Gravities
    known: NDArray[np.bool_]
    categories_before: Gravities
    categories_after: Gravities

    def of(self, rows: NDArray[np.intp]) -> "Again":
        """Return some of the rows."""
        return Again(
            self.frame[rows],
            self.texts[rows],
            self.before[rows],
            self.after[rows],
            self.known[rows],
            self.categories_before[rows],
            self.categories_after[rows],
        )


def again(
    frame: pl.DataFrame, scores: NDArray[np.uint16], policy: Policy, against: Policy | None, known: Sequence[Policy]
) -> Again:
    """Decide by `policy`, and by `against` if there is one; otherwise what was is the verdict on record.

    Of those, categories are known where one of the `known` policies has the digest on record and gives the verdict on
    record. A request's own thresholds are put over either policy, as its `override` lets them; where it does not, the
    row is left out.
    """
    after, allowed = _decided(frame, scores, policy)
    if against:
        before, also = _decided(frame, scores, against)
        found = np.ones(len(frame), np.bool_)
        allowed &= also
    else:
        before, found = _recorded(frame, scores, known)
    kept = np.flatnonzero(allowed)
    whole = Again(
        frame, frame["text"].to_numpy(), before.actions, after.actions, found, before.categories, after.categories
    )
    return whole if len(kept) == len(frame) else whole.of(kept)


def _decided(frame: pl.DataFrame, scores: NDArray[np.uint16], policy: Policy) -> tuple[Decided, NDArray[np.bool_]]:
    """Return verdicts under a policy, and of which rows: those whose own thresholds it allows, of shape (n,)."""
    decided = _by(policy, frame, scores)
    allowed = np.ones(len(frame), np.bool_)
    own = frame.with_row_index("at").filter(pl.col("thresholds").is_not_null())
    for (thresholds,), group in own.group_by("thresholds"):
        rows = group["at"].to_numpy()
        try:
            changed = bounded(policy, _THRESHOLDS.decode(str(thresholds)))
        except (OverrideRefused, UnknownCategory, ThresholdOutOfRange):
            allowed[rows] = False
            continue
        for whole, part in zip(decided, _by(changed, frame[rows], scores[rows]), strict=True):
            whole[rows] = part
    return decided, allowed


def _recorded(
    frame: pl.DataFrame, scores: NDArray[np.uint16], known: Sequence[Policy]
) -> tuple[Decided, NDArray[np.bool_]]:
    """Return the verdicts on record, and the categories of the rows that are known; of shape (n,) which those are."""
    verdicts = frame["verdict"].to_numpy().copy()
    found = np.zeros(len(frame), np.bool_)
    categories = np.zeros((len(frame), len(native().slugs)), np.uint8)
    for policy in {short(each.digest): each for each in known}.values():
        rows = np.flatnonzero((frame["policy_digest"] == short(policy.digest)).to_numpy())
        decided = _by(policy, frame[rows], scores[rows])
        found[rows] = decided.actions == verdicts[rows]
        categories[rows] = decided.categories
    return Decided(verdicts, found, categories), found


def _by(policy: Policy, frame: pl.DataFrame, scores: NDArray[np.uint16]) -> Decided:
    return decide_all(scores, frame["role"].to_numpy(), frame["supported"].to_numpy(), policy)
