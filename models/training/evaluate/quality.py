"""How good scores are: rank, calibration and agreement, for whole outputs at a time."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from models.outputs import ATTACK, OUTPUTS, UNSAFE

# Below this weight nobody judged the row for that output: a label only suggests it (labels.WEAK).
JUDGED = 0.5
HARMFUL, HARMLESS = 0.5, 0.1
FEWEST_POSITIVES = 20
_UNSAFE, _ATTACK = OUTPUTS.index(UNSAFE), OUTPUTS.index(ATTACK)

Array = NDArray[np.float32]


def average_precision(scores: Array, truth: NDArray[np.bool_]) -> float | None:
    """Return the average precision in 0..1, both of shape (rows,); None when only one polarity is there."""
    return float(average_precision_score(truth, scores)) if _both(truth) else None


def roc_auc(scores: Array, truth: NDArray[np.bool_]) -> float | None:
    """Return the area under the ROC curve in 0..1; None when only one polarity is there."""
    return float(roc_auc_score(truth, scores)) if _both(truth) else None


def recall_at(scores: Array, truth: NDArray[np.bool_], budget: float) -> float | None:
    """Return the greatest recall in 0..1 with at most a share `budget` of false positives, both of shape (rows,).

    None when only one polarity is there, or when the budget is less than one of the negatives.
    """
    if not _both(truth) or budget * (~truth).sum() < 1:
        return None
    false, true, _ = roc_curve(truth, scores, drop_intermediate=False)
    return float(true[false <= budget].max())


def per_category(scores: Array, values: Array, weights: Array) -> dict[str, float]:
    """Return the average precision of every output with enough positives and negatives; all (rows, outputs)."""
    found: dict[str, float] = {}
    for i, name in enumerate(OUTPUTS):
        positive, negative = decided(values[:, i], weights[:, i])
        if min(positive.sum(), negative.sum()) >= FEWEST_POSITIVES:
            rows = positive | negative
            precision = average_precision(scores[rows, i], positive[rows])
            assert precision is not None
            found[name] = round(precision, 4)
    return found


def decided(values: Array, weights: Array) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return (harmful, harmless) masks, each (rows,): a row in neither was not judged, or raters were divided."""
    judged = weights >= JUDGED
    return judged & (values >= HARMFUL), judged & (values <= HARMLESS)


def harmless_rows(values: Array, weights: Array) -> NDArray[np.bool_]:
    """Return (rows,): judged harmless overall, and in no output judged harmful; swearing may be harmless."""
    _, harmless = decided(values[:, _UNSAFE], weights[:, _UNSAFE])
    positive, _ = decided(values, weights)
    return np.asarray(harmless & ~positive.any(axis=1))


def harmful_rows(values: Array, weights: Array) -> NDArray[np.bool_]:
    """Return (rows,): judged harmful overall, or an attack."""
    positive, _ = decided(values, weights)
    return np.asarray(positive[:, [_UNSAFE, _ATTACK]].any(axis=1))


def calibration_error(probabilities: Array, values: Array, bins: int = 15) -> float | None:
    """Return the expected calibration error in 0..1 over equal-width bins; None without rows.

    Guo et al. 2017, "On calibration of modern neural networks". `values` may be shares of raters.
    """
    if len(probabilities) == 0:
        return None
    index = np.minimum((probabilities * bins).astype(int), bins - 1)
    gaps = np.bincount(index, weights=probabilities.astype(float) - values, minlength=bins)
    return float(np.abs(gaps).sum() / len(probabilities))


def spearman(one: Array, other: Array) -> float:
    """Return Spearman's rank correlation of two vectors, -1..1, ties at their mean rank; NaN if one is constant."""
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return float("nan")
    return float(spearmanr(one, other).statistic)


def _both(truth: NDArray[np.bool_]) -> bool:
    return bool(truth.any()) and not bool(truth.all())
