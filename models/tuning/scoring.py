"""Texts scored as serving scores them, but for those whose scores are kept already.

The file of what is kept is written anew every half minute, so that what was interrupted goes on where it was.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.calibrate import as_steps
from models.encode import Item
from models.scorer import Scorer
from models.tuning.identity import row_key
from models.tuning.kept import Kept, ScoresError, write
from models.tuning.scores import Scores, joined, named

_EVERY = 30.0
_CHANGED = "the data was changed while it was read: begin again"


def score(
    texts: Iterator[list[Item]],
    keys: NDArray[np.uint64],
    kept: Kept,
    file: Path,
    open_scorer: Callable[[], Scorer],
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> Scores:
    """Return scores of all texts, those that are `kept` taken from there and the rest added to `file`.

    `keys`, of shape (n,), are those of the texts in their order. `open_scorer` is called when there is something to
    score, `progress` with how many are done. Raises ScoresError.
    """
    wanted = np.zeros(len(keys), bool)
    wanted[np.unique(keys, return_index=True)[1]] = True
    wanted &= ~np.isin(keys, kept.keys)
    left = int(wanted.sum())
    progress(len(keys) - left)
    if left:
        scorer, saved, parts, added = open_scorer(), time.monotonic(), [kept.scores], [kept.keys]
        begin = 0
        try:
            for items in texts:
                places = begin + np.flatnonzero(wanted[begin : begin + len(items)])
                if len(places):
                    new = [items[place - begin] for place in places]
                    if [row_key(item, kept.key) for item in new] != keys[places].tolist():
                        raise ScoresError(_CHANGED)
                    parts.append(_scored(scorer, new))
                    added.append(keys[places])
                    left -= len(places)
                    progress(len(keys) - left)
                begin += len(items)
                if time.monotonic() - saved > _EVERY:
                    write(file, _with(kept, added, parts))
                    saved = time.monotonic()
        finally:
            if len(parts) > 1:
                kept = _with(kept, added, parts)
                write(file, kept)
        if left:
            raise ScoresError(_CHANGED)
    order = np.argsort(kept.keys)
    return kept.scores.only(order[np.searchsorted(kept.keys, keys, sorter=order)])


def _with(kept: Kept, keys: list[NDArray[np.uint64]], parts: list[Scores]) -> Kept:
    return kept._replace(keys=np.concatenate(keys), scores=joined(parts))


def _scored(scorer: Scorer, items: Sequence[Item]) -> Scores:
    encoded = scorer.encoder.encode(items)
    probabilities = np.stack(
        [
            scorer.calibration.of_one(pooled.logits, item.role)
            for item, pooled in zip(items, scorer.pooled(encoded), strict=True)
        ]
    )
    return Scores(
        as_steps(probabilities),
        np.array([scorer.has_learned(each.language) for each in encoded], bool),
        *named([each.language for each in encoded]),
        np.array([each.tokens for each in encoded], np.int32),
        np.array([each.scored for each in encoded], np.int32),
    )
