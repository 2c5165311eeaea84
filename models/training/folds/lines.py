"""What a cross-validation found: the file that it writes and that an evaluation takes in."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

from models.errors import ModelError
from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.training.corpus.build import is_dev, stack
from models.training.corpus.mix import Example
from models.training.evaluate.figures import Ranks, ranks
from models.training.evaluate.judged import Array, Mask
from taxonomy.categories import Role


class FoldLine(msgspec.Struct, frozen=True, kw_only=True):
    """One output over the rows of a source and role, or, where both are None, over all that a fold leaves out.

    `left_out` is of the fold's model. The other two are of the rows on the dev side of the split, which no model trains
    on: the fold's model, and one that was trained on other rows of the source; None without such a model or such rows.
    """

    fold: int
    source: str | None
    role: Role | None
    output: str
    left_out: Ranks
    dev_left_out: Ranks | None
    dev_trained: Ranks | None


class Folds(msgspec.Struct, frozen=True, kw_only=True):
    """All lines, the sources that each fold left out, and how its model was trained (`stage`).

    `trained` names the checkpoint that was trained on the sources; `cap` is the most rows of one that were scored.
    """

    stage: dict[str, object]
    folds: list[tuple[str, ...]]
    trained: str | None
    cap: int
    lines: list[FoldLine]


class Scores(msgspec.Struct, frozen=True):
    """Logits (rows, outputs) of the model that leaves the rows' sources out, and of one that trained on `sources`."""

    left_out: Array
    trained: Array | None
    sources: Collection[str] = ()


def fold_lines(fold: int, found: Sequence[Example], scores: Scores) -> Iterator[FoldLine]:
    """Yield the lines of each source and role of a fold, then those of all of it.

    `unsafe` has a line wherever it is judged, `attack` where some row is one.
    """
    keys = [(example.source, example.item.role) for example in found]
    for source, role in sorted(set(keys)):
        mask = np.array([key == (source, role) for key in keys], dtype=bool)
        yield from _lines(fold, (source, role), found, scores, mask)
    yield from _lines(fold, (None, None), found, scores, np.ones(len(found), dtype=bool))


def read_folds(path: Path) -> Folds:
    """Return what a cross-validation wrote. Raises ModelError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Folds)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise ModelError(f"{path} cannot be read: {error}; is this what tidegate crossvalidate wrote?") from error


def _lines(
    fold: int, of: tuple[str | None, Role | None], found: Sequence[Example], scores: Scores, rows: Mask
) -> Iterator[FoldLine]:
    values, weights = stack(list(found))
    dev = rows & np.array([e.source in scores.sources and is_dev(e.group) for e in found], dtype=bool)
    for output in (UNSAFE, ATTACK):
        i = OUTPUTS.index(output)

        def measured(logits: Array | None, mask: Mask, i: int = i) -> Ranks | None:
            if logits is None or not mask.any():
                return None
            return ranks(logits[mask, i], values[mask, i], weights[mask, i], calibrated=False)

        left_out = measured(scores.left_out, rows)
        if left_out and (left_out.positives or (output == UNSAFE and left_out.negatives)):
            yield FoldLine(
                fold=fold,
                source=of[0],
                role=of[1],
                output=output,
                left_out=left_out,
                dev_left_out=measured(scores.left_out, dev),
                dev_trained=measured(scores.trained, dev),
            )
