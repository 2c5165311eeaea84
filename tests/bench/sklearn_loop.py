"""Thresholds as one would look for them with scikit-learn: a confusion matrix for each, a category at a time.

`python -m tests.bench.sklearn_loop SCORES CATEGORIES`: says each category's best recall at 1 % false positives. The
truth is which scores are above one half: it makes no difference to the time.
"""

import sys

import click
import numpy as np
from sklearn.metrics import confusion_matrix

from models.tuning.levels import GRID

LIMIT = 0.01


def main() -> None:
    """Look for thresholds."""
    with np.load(sys.argv[1]) as kept:
        steps = kept["steps"]
    for column in range(int(sys.argv[2])):
        scores, best = steps[:, column], (0.0, 1.0)
        truth = scores > 5_000
        for threshold in GRID.tolist():
            (passed, stopped), (missed, caught) = confusion_matrix(truth, scores >= threshold, labels=[False, True])
            if stopped <= LIMIT * (passed + stopped):
                best = max(best, (caught / max(missed + caught, 1), threshold))
        click.echo((column, *best))


if __name__ == "__main__":
    main()
