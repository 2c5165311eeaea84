"""The console's curves: counted row by row here, and read by the service there."""

from pathlib import Path

import msgspec
import numpy as np

from models.outputs import OUTPUTS
from models.tuning.evaluation import evaluation
from models.tuning.levels import COLUMNS
from models.tuning.rows import SLUGS, LabelledRows
from models.tuning.scores import Scores
from models.tuning.sheet import Labelled
from service.evaluation import load_evaluation

ROWS = 500


def test_every_count_is_that_of_the_rows(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    steps = random.choice([0, 99, 100, 101, 499, 500, 9_999, 10_000], (ROWS, len(OUTPUTS))).astype(np.uint16)
    labels, known = random.random((2, ROWS, len(OUTPUTS))) < 0.5
    roles, supported, none = np.zeros(ROWS, np.uint8), np.ones(ROWS, bool), np.zeros(ROWS, np.int32)
    rows = LabelledRows(steps, labels, known, roles, np.arange(ROWS), supported)
    scores = Scores(steps, supported, none.astype(np.uint16), ("",), none, none)
    found = evaluation(Labelled(rows, scores, [], "sha256:" + "1" * 64, "sha256:" + "2" * 64, ()))
    assert (found.rows, found.data, tuple(found.curves)) == (ROWS, "sha256:" + "1" * 64, SLUGS)
    for slug, column in zip(SLUGS, COLUMNS, strict=True):
        curve = found.curves[slug]
        yes, no = labels[:, column] & known[:, column], ~labels[:, column] & known[:, column]
        assert (curve.positives, curve.negatives) == (yes.sum(), no.sum())
        for place in (0, 1, 2, 5, 50, 99, 100):
            reach = steps[:, column] / 10_000 >= place / 100
            assert (curve.caught[place], curve.stopped[place]) == ((yes & reach).sum(), (no & reach).sum())
        assert sum(curve.histogram) == ROWS
        assert curve.histogram[1] == (steps[:, column] == 500).sum()
        assert curve.histogram[19] == (steps[:, column] >= 9_500).sum()
    file = tmp_path / "a.json"
    file.write_bytes(msgspec.json.encode(found))
    assert load_evaluation(str(file)) == found
