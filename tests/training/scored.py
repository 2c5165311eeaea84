"""Rows with made-up scores, for what measures them."""

from collections.abc import Iterable

import numpy as np

from models.encode import Item
from models.outputs import OUTPUTS
from models.training.corpus.mix import Example
from models.training.evaluate.judged import Judged, judged
from models.training.evaluate.rows import RowSet, Standing
from models.training.folds.lines import Folds, Scores, fold_lines
from taxonomy.categories import Role
from taxonomy.files import shipped_policies

POLICY = shipped_policies()["default"]
SURE, NOTHING = 0.99, 0.01


def example(name: str, *harm: str, role: Role = Role.PROMPT, text: str = "some words") -> Example:
    """Return a row judged on every output: `harm` holds, the rest does not. An id is `source-number`."""
    values = np.array([float(output in harm) for output in OUTPUTS], dtype=np.float32)
    return Example(name, name.rsplit("-", 1)[0], name, Item(role, text), (values, np.ones_like(values)))


def scores(*high: str) -> np.ndarray:
    """Return probabilities of shape (outputs,): SURE where named, else NOTHING."""
    return np.array([SURE if output in high else NOTHING for output in OUTPUTS], dtype=np.float32)


def scored(
    standing: Standing, rows: Iterable[tuple[Example, tuple[str, ...]]], name: str = "rows"
) -> tuple[RowSet, Judged]:
    """Return a set with what was said of each row: the outputs that were scored high."""
    examples, said = zip(*rows, strict=True)
    found = np.array([scores(*high) for high in said])
    return RowSet(name, standing, list(examples)), judged(found, [each.item for each in examples], POLICY)


def folded() -> Folds:
    """Return a cross-validation of one fold, of 60 rows of which 25 are harmful; few are on the dev side."""
    found = [example(f"ethos-{i}", *(("hate", "unsafe") if i < 25 else ())) for i in range(60)]
    worse = np.array([scores("unsafe") if i % 2 else scores() for i in range(60)])
    better = np.stack([each.targets[0] for each in found])
    lines = [*fold_lines(1, found, Scores(worse, better, {"ethos"}))]
    return Folds(stage={"mix": "focused"}, folds=[("ethos",)], trained="work/1", cap=500, lines=lines)
