"""Labelled rows reduced to counts, for the console's curves and for drift: taxonomy.evaluation."""

import numpy as np

from models.date import today
from models.tuning.levels import COLUMNS
from models.tuning.rows import SLUGS, distinct
from models.tuning.sheet import Labelled
from taxonomy.decision import STEPS
from taxonomy.evaluation import BINS, POINTS, Curve, Evaluation


def evaluation(of: Labelled) -> Evaluation:
    """Count the distinct rows: those chosen on and those verified on alike, for nothing is promised here."""
    rows = distinct(of.rows)
    thresholds = np.arange(POINTS) * (STEPS // (POINTS - 1))
    edges = np.arange(1, BINS) * (STEPS // BINS)
    curves = {}
    for slug, column in zip(SLUGS, COLUMNS, strict=True):
        scores = rows.scores[:, column]
        positive, negative = (np.sort(scores[labels[:, column]]) for labels in (rows.positive, rows.negative))
        curves[slug] = Curve(
            positives=len(positive),
            negatives=len(negative),
            caught=tuple((len(positive) - np.searchsorted(positive, thresholds)).tolist()),
            stopped=tuple((len(negative) - np.searchsorted(negative, thresholds)).tolist()),
            histogram=tuple(np.bincount(np.searchsorted(edges, scores, side="right"), minlength=BINS).tolist()),
        )
    return Evaluation(today(), of.data, of.model, len(rows.scores), curves)
