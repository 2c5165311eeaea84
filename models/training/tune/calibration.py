"""Fit calibration.json: Platt scaling with soft, masked targets (see models.calibrate for the formula)."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.calibrate import CalibrationFile, Platt, Scale
from models.outputs import OUTPUTS
from taxonomy.categories import Role

# The fitted pair is mixed with its prior by rows / (rows + this), the rows those of the rarer polarity: a category with
# five positives keeps a fifth of what they say, one with five hundred nearly all of it. The prior of a role is what all
# roles say, and of that (1, 0), which trusts the training loss.
ROWS_TO_TRUST = 20.0
# The tail is what lies above this quantile of the harmless rows' logits; its mean excess is its scale, and
# TAIL_SHARE of it is what sets four windows of one text apart from one: they are alike. Seen once, on dev rows:
# documents of several windows rank alike with and without it.
TAIL_FROM = 0.9
TAIL_SHARE = 0.16
# Standard deviations of the fit around its prior. They decide only where the data hardly speaks: without it,
# logits that separate the two sides perfectly would have an infinite slope.
SLOPE_SPREAD, INTERCEPT_SPREAD = 1.0, 3.0
# A slope of zero or less would lose or reverse the order of the scores.
LEAST_SLOPE = 0.05
_STEPS = 100

Array = NDArray[np.float32]


def fit(logits: Array, values: Array, weights: Array, roles: Sequence[Role]) -> CalibrationFile:
    """Fit every output, for all rows and for each role's; all of shape (len(roles), outputs), the last two in 0..1."""
    finite = np.isfinite(logits).all(axis=1)  # a text without a token has no logit to learn from
    of_role = {role: np.array([each is role for each in roles], dtype=bool) for role in Role}
    pairs: dict[str, Platt] = {}
    for i, name in enumerate(OUTPUTS):
        rows = finite & (weights[:, i] > 0)
        x, y, w = logits[:, i], values[:, i], weights[:, i]
        whole = fit_one(x[rows], y[rows], w[rows], Scale())
        some = {role: rows & of for role, of in of_role.items() if (rows & of).any()}
        own = {role: fit_one(x[of], y[of], w[of], whole) for role, of in some.items()}
        tail = fit_tail(x[rows & (y == 0)])
        pairs[name] = Platt(whole.slope, whole.intercept, tail, own)
    return CalibrationFile("platt", pairs)


def fit_tail(harmless: Array) -> float:
    """Return TAIL_SHARE of the mean excess of logits, shape (rows,), over their TAIL_FROM quantile."""
    if len(harmless) < 1 / (1 - TAIL_FROM):
        return 0.0
    start = np.quantile(harmless, TAIL_FROM)
    above = harmless[harmless > start]
    return round(TAIL_SHARE * float((above - start).mean()), 6) if len(above) else 0.0


def fit_one(logits: Array, values: Array, weights: Array, prior: Scale) -> Scale:
    """Fit one output, all of shape (rows,): slope at least LEAST_SLOPE, drawn to `prior` by lack of either polarity."""
    x, y, w = (each.astype(np.float64) for each in (logits, values, weights))
    slope, intercept = _newton(x, y, w, prior, None)
    if slope < LEAST_SLOPE:
        slope, intercept = _newton(x, y, w, prior, LEAST_SLOPE)
    rarer = float(min(w @ y, w @ (1 - y)))
    trust = rarer / (rarer + ROWS_TO_TRUST)
    return Scale(
        round(prior.slope + trust * (slope - prior.slope), 6),
        round(prior.intercept + trust * (intercept - prior.intercept), 6),
    )


def _newton(
    x: NDArray[np.float64], y: NDArray[np.float64], w: NDArray[np.float64], around: Scale, fixed: float | None
) -> tuple[float, float]:
    """Minimise the weighted cross-entropy plus the prior; convex, so halved Newton steps end at the minimum."""
    precision = np.array([SLOPE_SPREAD**-2, INTERCEPT_SPREAD**-2])
    prior = np.array([around.slope, around.intercept])
    free = np.array([fixed is None, True])
    design = np.stack([x, np.ones_like(x)])
    at = np.array([around.slope if fixed is None else fixed, around.intercept])

    def loss(point: NDArray[np.float64]) -> float:
        z = point @ design
        return float(w @ (np.logaddexp(0.0, z) - y * z) + precision @ (point - prior) ** 2 / 2)

    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-np.clip(at @ design, -500, 500)))
        gradient = (design @ (w * (p - y)) + precision * (at - prior)) * free
        curvature = (design * (w * p * (1 - p))) @ design.T + np.diag(precision)
        curvature = np.where(np.outer(free, free), curvature, np.eye(2))
        step = np.linalg.solve(curvature, gradient)
        size = 1.0
        while size > 1e-6 and loss(at - size * step) > loss(at):
            size /= 2
        at = at - size * step
        if np.abs(size * step).max() < 1e-7:
            break
    return float(at[0]), float(at[1])
