"""The report's diagrams: SVG that takes the page's colours, so that one file is dark and light."""

import io
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from models.tuning.rows import Mask
from models.tuning.tuned import Coverage, Rates
from taxonomy.decision import STEPS

# Colours that stand for variables of the page's style.
_COLOURS = {"#010101": "currentColor", "#020202": "var(--good)", "#030303": "var(--bad)", "#040404": "var(--soft)"}
_INK, _GOOD, _BAD, _SOFT = _COLOURS
_STYLE: dict[Any, object] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "tidegate",
    "font.family": "sans-serif",
    "font.size": 8.5,
    "axes.edgecolor": _SOFT,
    "axes.labelcolor": _INK,
    "axes.titlesize": 9.5,
    "axes.titlecolor": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "text.color": _INK,
    "grid.color": _SOFT,
    "grid.linewidth": 0.4,
    "axes.grid": True,
    "axes.axisbelow": True,
    "legend.frameon": False,
}
_BINS = 10
# Points of a drawn curve: more are finer than a pixel.
_POINTS = 160


class Scored(NamedTuple):
    """Scores of one category in ten-thousandths: of n rows that hold it, of m that do not; and its threshold, 0..1."""

    positive: NDArray[np.uint16]
    negative: NDArray[np.uint16]
    threshold: float


def category(of: Scored, name: str) -> str:
    """Draw precision over recall, ROC, reliability and both histograms of a category with rows of both kinds."""
    with mpl.rc_context(_STYLE):
        # A layout of its own takes matplotlib longer than all that is drawn.
        figure = Figure(figsize=(10.4, 2.5))
        figure.subplots_adjust(0.045, 0.2, 0.985, 0.89, wspace=0.28)
        for draw, axes in zip((_precision, _roc, _reliability, _histograms), figure.subplots(1, 4), strict=True):
            draw(axes, of)
        return _svg(figure, f"Precision and recall, ROC, reliability and scores of {name}", name)


def overall(rates: Rates, chosen: tuple[float, float] | None, limit: float | None) -> str:
    """Draw recall over false positives along the path; `chosen` is the policy's point on the verifying rows."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(5.2, 3.4), layout="constrained")
        axes = figure.subplots()
        axes.plot(rates.fpr, rates.recall, color=_SOFT, drawstyle="steps-post", label="rows chosen on")
        axes.plot(
            rates.verified_fpr, rates.verified_recall, color=_INK, drawstyle="steps-post", label="rows verified on"
        )
        if limit is not None:
            axes.axvline(limit, color=_BAD, linestyle="--", linewidth=0.9, label="limit")
        if chosen:
            axes.plot(*chosen, "o", color=_GOOD, label="chosen")
        most = max(3 * (limit or 0), *(3 * chosen[:1] if chosen else ()), 0.02)
        axes.set(xlim=(0, min(1, most)), ylim=(0, 1), xlabel="false positives", ylabel="recall")
        axes.legend(loc="lower right")
        return _svg(figure, "Recall over false positives along the path", "path")


def coverage(of: Coverage) -> str:
    """Draw the share of wrong verdicts over the share decided without a person."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(5.2, 3.4), layout="constrained")
        axes = figure.subplots()
        axes.plot(of.coverage, of.risk, color=_INK)
        if of.chosen is not None:
            axes.plot(of.coverage[of.chosen], of.risk[of.chosen], "o", color=_GOOD)
        axes.set(xlabel="coverage: decided without a person", ylabel="risk: wrong of those", ylim=(0, None))
        return _svg(figure, "Risk over coverage as review bands widen", "coverage")


def _counts(of: Scored) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many of each kind reach each score, from the highest down; both of shape (scores,)."""
    at = np.unique(np.concatenate([of.positive, of.negative]))[::-1]
    positive, negative = np.sort(of.positive), np.sort(of.negative)
    return len(positive) - np.searchsorted(positive, at), len(negative) - np.searchsorted(negative, at)


def areas(of: Scored) -> tuple[float, float]:
    """Return average precision and the area under the ROC curve, both in 0..1.

    AP = sum (R_n - R_n-1) P_n over falling thresholds; the area is that of the curve's trapezoids.
    """
    caught, stopped = _counts(of)
    recall, precision = caught / len(of.positive), caught / (caught + stopped)
    gained = np.diff(recall, prepend=0)
    fpr = stopped / len(of.negative)
    return float(np.sum(gained * precision)), float(np.sum(np.diff(fpr, prepend=0) * (recall - gained / 2)))


def _at(of: Scored) -> tuple[int, int]:
    reach = of.threshold * STEPS - 1e-6
    return int((of.positive >= reach).sum()), int((of.negative >= reach).sum())


def _precision(axes: Axes, of: Scored) -> None:
    caught, stopped = _thin(*_counts(of))
    axes.plot(caught / len(of.positive), caught / (caught + stopped), color=_INK, drawstyle="steps-pre")
    yes, no = _at(of)
    if yes + no:
        axes.plot(yes / len(of.positive), yes / (yes + no), "o", color=_GOOD)
    axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel="recall", ylabel="precision", title="Precision and recall")


def _roc(axes: Axes, of: Scored) -> None:
    caught, stopped = _thin(*_counts(of))
    axes.plot([0, *(stopped / len(of.negative))], [0, *(caught / len(of.positive))], color=_INK)
    axes.plot([0, 1], [0, 1], color=_SOFT, linestyle=":")
    yes, no = _at(of)
    axes.plot(no / len(of.negative), yes / len(of.positive), "o", color=_GOOD, clip_on=False)
    axes.set(xlim=(-0.02, 1), ylim=(0, 1.02), xlabel="false positives", ylabel="recall", title="ROC")


def _reliability(axes: Axes, of: Scored) -> None:
    scores = np.concatenate([of.positive, of.negative]) / STEPS
    holds = np.concatenate([np.ones(len(of.positive)), np.zeros(len(of.negative))])
    place = np.minimum((scores * _BINS).astype(int), _BINS - 1)
    rows = np.bincount(place, minlength=_BINS)
    full = rows > 0
    mean, share = (np.bincount(place, each, _BINS)[full] / rows[full] for each in (scores, holds))
    axes.plot([0, 1], [0, 1], color=_SOFT, linestyle=":")
    axes.plot(mean, share, "o-", color=_INK, markersize=3)
    axes.set(xlim=(0, 1), ylim=(-0.02, 1.02), xlabel="score", ylabel="share that holds", title="Reliability")


def _histograms(axes: Axes, of: Scored) -> None:
    bins = np.linspace(0, 1, 21).tolist()
    axes.hist(of.negative / STEPS, bins=bins, color=_GOOD, alpha=0.55, label="does not hold")
    axes.hist(of.positive / STEPS, bins=bins, color=_BAD, alpha=0.55, label="holds")
    axes.axvline(of.threshold, color=_INK, linestyle="--", linewidth=0.9)
    axes.set(xlim=(0, 1), yscale="log", xlabel="score", ylabel="rows", title="Scores")
    axes.legend(loc="upper center", fontsize=7)


def _thin(*lines: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    places = np.unique(np.linspace(0, len(lines[0]) - 1, _POINTS).round().astype(int))
    return (line[places] for line in lines)


def _svg(figure: Figure, label: str, name: str) -> str:
    out = io.StringIO()
    figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r"(\.\d\d)\d+", r"\1", text)
    # Ids are unique within a figure only.
    text = re.sub(r'\bid="', f'id="{name}-', text)
    text = re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", text)
    for stand_in, colour in _COLOURS.items():
        text = text.replace(stand_in, colour)
    return text.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)


def both(scores: NDArray[np.uint16], positive: Mask, negative: Mask, thresholds: Sequence[float]) -> Scored:
    """Return one category's scores, of shape (n,), by masks of what holds; of its thresholds the lowest counts."""
    return Scored(scores[positive], scores[negative], min(thresholds))
