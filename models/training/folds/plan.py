"""Which sources each fold leaves out, and what keeps one cross-validation apart from another in the same folder."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from models.errors import ModelError
from models.put import beside, put
from models.training.corpus.build import stack
from models.training.corpus.mix import Example
from models.training.corpus.written import WRITTEN
from models.training.evaluate.quality import harmful_rows

PLAN = "plan.json"


class Plan(msgspec.Struct, frozen=True):
    """What must be the same for a cross-validation to be gone on with.

    `stage` is how every fold is trained, `rows` a digest of the rows that folds choose from; `folds` are the sources
    that each leaves out.
    """

    stage: dict[str, object]
    rows: str
    folds: list[tuple[str, ...]]


def divide(found: Sequence[Example], folds: int, seed: int) -> list[tuple[str, ...]]:
    """Divide the sources of `found` into `folds` alike in rows of each role and polarity. Raises ModelError.

    What was written for this project is in no fold: it stands for the policy, not for a style that users meet first.
    """
    rows = [example for example in found if example.source not in WRITTEN]
    sources = [example.source for example in rows]
    most = len(set(sources))
    if folds < 2:
        raise ModelError(
            f"{folds} is too few folds: the least is 2, for each is measured by a model trained on the others"
        )
    if folds > most:
        raise ModelError(f"{folds} folds cannot be made of {most} sources: each leaves out one at least")
    alike = [
        f"{example.item.role} {harmful}" for example, harmful in zip(rows, harmful_rows(*stack(rows)), strict=True)
    ]
    # scikit-learn refuses a kind with fewer rows than folds. Every row as often as there are folds keeps the balance.
    groups, kinds = np.repeat(sources, folds), np.repeat(alike, folds)
    splits = StratifiedGroupKFold(folds, shuffle=True, random_state=seed).split(groups, kinds, groups)
    return [tuple(np.unique(groups[left_out]).tolist()) for _, left_out in splits]


def digest(found: Sequence[Example]) -> str:
    """Return a digest of the rows, in any order: their ids, texts and targets."""
    each = (hashlib.sha256(repr((e.id, e.item)).encode() + b"".join(t.tobytes() for t in e.targets)) for e in found)
    return hashlib.sha256(b"".join(sorted(one.digest() for one in each))).hexdigest()


def settle(output: Path, plan: Plan) -> None:
    """Write the plan into `output`, or see that the one there is the same. Raises ModelError when it is not."""
    file = output / PLAN
    if not file.exists():
        # What was broken off while the plan was written holds nothing else.
        if output.is_file() or (output.exists() and any(each != beside(file) for each in output.iterdir())):
            raise ModelError(f"{output} holds no cross-validation and is not empty: it is left as it is")
        output.mkdir(parents=True, exist_ok=True)
        put(file, msgspec.json.format(msgspec.json.encode(plan)).decode())
        return
    try:
        before = msgspec.json.decode(file.read_bytes(), type=Plan)
    except msgspec.DecodeError as error:
        raise ModelError(f"{file} cannot be read: {error}") from error
    if differ := [name for name, value in _flat(plan).items() if _flat(before).get(name) != value]:
        raise ModelError(
            f"{output} holds a cross-validation with other {', '.join(differ)}: name another --output, or remove it"
        )


def _flat(plan: Plan) -> dict[str, object]:
    return {**plan.stage, "rows": plan.rows, "folds": plan.folds}
