"""Labels for rows that nobody has read under our policy: a teacher's scores, corrected by what its readers found.

A trained model ranks the rows of a source by our policy, and is wrong about the source as a whole: it has learned
less of that style. The rows of the source that were read say how many hold an output among those of which the
source says the same (its labels, its `unsafe`). The teacher's logits are shifted, for each such cell and output, so
that as many hold: ranking from the teacher, prevalence from the readers (the intercept correction of Saerens, Latinne
and Decaestecker 2002, "Adjusting the outputs of a classifier to new a priori probabilities", fitted on the mean).
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

from models.outputs import OUTPUTS, UNSAFE
from models.training.corpus.labels import ATTACKS, INDEX, Targets
from models.training.corpus.mix import Example

# What such a label counts beside one that was read.
SILVER = 0.5
# Rows read below which a cell says nothing of its own, and its rows are left out.
FEWEST_READ = 12
# Pseudo-rows at the teacher's own prevalence.
_PRIOR_ROWS = 4.0
_BOUND = 12.0


def like_read(unread: Sequence[Example], read: Sequence[Example]) -> list[Example]:
    """Return the rows of `unread` whose cell was read often enough."""
    counts = Counter(example.says for example in read)
    return [example for example in unread if counts[example.says] >= FEWEST_READ]


def silver(unread: Sequence[Example], logits: NDArray[np.float32], read: Sequence[Example]) -> Iterator[Example]:
    """Yield the rows of `unread` with soft labels for every output.

    `logits` are the teacher's for `unread`, (rows, outputs); `read` are rows with labels under our policy, at least one
    of each cell.
    """
    judged: dict[str, list[Targets]] = defaultdict(list)
    for example in read:
        judged[example.says].append(example.targets)
    cells: dict[str, list[int]] = defaultdict(list)
    for i, example in enumerate(unread):
        cells[example.says].append(i)
    for cell, rows in sorted(cells.items()):
        found, weights = (np.stack(part) for part in zip(*judged[cell], strict=True))
        counts = weights.sum(axis=0)
        shares = (found * weights).sum(axis=0) / np.maximum(counts, 1e-9)
        values = shifted(logits[rows], shares, counts)
        for i, each in zip(rows, values, strict=True):
            yield msgspec.structs.replace(unread[i], targets=(each, _weights(each)))


def shifted(
    logits: NDArray[np.float32], shares: NDArray[np.float32], counts: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return probabilities (rows, outputs): each output's logits shifted until their mean is its share among its count.

    `shares` and `counts` are (outputs,). A share of few rows is drawn towards the mean of the teacher.
    """
    values = expit(logits.astype(np.float64))
    for j, (share, count) in enumerate(zip(shares, counts, strict=True)):
        wanted = (share * count + values[:, j].mean() * _PRIOR_ROWS) / (count + _PRIOR_ROWS)

        def gap(shift: float, j: int = j, wanted: float = wanted) -> float:
            return float(expit(logits[:, j] + shift).mean() - wanted)

        shift = brentq(gap, -_BOUND, _BOUND, xtol=1e-3) if gap(-_BOUND) < 0 < gap(_BOUND) else 0.0
        values[:, j] = expit(logits[:, j] + shift)
    found: NDArray[np.float32] = values.astype(np.float32)
    return found


def _weights(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (outputs,): where an attack is likely, nothing is said of whether its content is unsafe."""
    weights = np.full(len(OUTPUTS), SILVER, np.float32)
    if max(values[INDEX[slug]] for slug in ATTACKS) >= 0.5:
        weights[INDEX[UNSAFE]] = 0.0
    return weights
