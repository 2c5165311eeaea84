"""Figures of the traffic of the last minutes, from the last decisions."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from service.decisions.drift import Drift, drift
from service.decisions.recent import Rows
from taxonomy.categories import OTHER, Taxonomy
from taxonomy.decision import STEPS
from taxonomy.evaluation import BINS, Evaluation
from taxonomy.policy import Action

# Equal parts of the time that is asked about.
PARTS = 60
MOST_TENANTS = 50


class Quantiles(msgspec.Struct, frozen=True):
    """Milliseconds from a request's arrival to its answer, each decision counted."""

    p50: float
    p95: float
    p99: float


class CategoryTraffic(msgspec.Struct, frozen=True):
    """One category: decisions in which it acted, for each part of the time; scores counted in BINS parts of 0..1.

    `other` counts the overall score `unsafe`; `needs_caution` has no scores. `drift` is against the evaluation.
    """

    acting: list[int]
    histogram: list[int]
    drift: Drift | None


class TenantTraffic(msgspec.Struct, frozen=True):
    """One tenant; None stands for those that are not told apart."""

    tenant: str | None
    decisions: int
    cached: int
    verdicts: dict[Action, int]


class Traffic(msgspec.Struct, frozen=True):
    """Decisions from `since` to `until` (milliseconds since 1970), in PARTS parts of `part_ms` each.

    `whole` says whether all of that time is remembered; if not, it is not before `remembered`. `histograms` are those
    of the category that was asked for, one for each part.
    """

    since: int
    until: int
    part_ms: int
    remembered: int
    whole: bool
    decisions: int
    verdicts: dict[Action, list[int]]
    cached: list[int]
    degraded: list[int]
    unsupported: list[int]
    latency: Quantiles | None
    latencies: list[Quantiles | None]
    categories: dict[str, CategoryTraffic]
    tenants: list[TenantTraffic]
    histograms: list[list[int]] | None


class Window(msgspec.Struct, frozen=True):
    """What is asked: the last `minutes`, of one tenant or of all; `category` for its scores over time."""

    minutes: int = 60
    tenant: str | None = None
    category: str | None = None


def traffic_of(
    rows: Rows,
    size: int,
    window: Window,
    until: int,
    taxonomy: Taxonomy,
    evaluation: Evaluation | None,
    began: int = 0,
) -> Traffic:
    """Count. `size` is how many rows are remembered at most, `began` since when at most (milliseconds since 1970).

    Some 20 ms for 50,000 rows: not for the event loop.
    """
    since = until - window.minutes * 60_000
    part_ms = window.minutes * 60_000 // PARTS
    # What is forgotten is older than the oldest row that is there.
    remembered = int(rows.time.min()) if len(rows) == size else began
    rows = rows.where((rows.time > since) & (rows.time <= until))
    tenants = _tenants(rows)
    if window.tenant is not None:
        rows = rows.where(np.array([each == window.tenant for each in rows.tenants])[rows.tenant])
    part = np.clip((rows.time - since) // part_ms, 0, PARTS - 1)
    scored = ~rows.degraded
    bins = np.minimum(rows.scores[scored].astype(np.int64) // (STEPS // BINS), BINS - 1)
    columns = _columns(taxonomy)
    return Traffic(
        since=since,
        until=until,
        part_ms=part_ms,
        remembered=remembered,
        whole=remembered <= since,
        decisions=len(rows),
        verdicts={action: _per_part(part[rows.verdict == action.gravity]) for action in Action},
        cached=_per_part(part[rows.cached]),
        degraded=_per_part(part[rows.degraded]),
        unsupported=_per_part(part[~rows.supported]),
        latency=_quantiles(rows.latency),
        latencies=[_quantiles(rows.latency[part == i]) for i in range(PARTS)],
        categories={
            slug: _category(slug, part[(rows.acting >> np.uint64(i)) & np.uint64(1) != 0], bins, columns, evaluation)
            for i, slug in enumerate(taxonomy.slugs)
        },
        tenants=tenants,
        histograms=_over_time(part[scored], bins, columns.get(window.category)) if window.category else None,
    )


def _columns(taxonomy: Taxonomy) -> dict[str, int]:
    """Return where each category's score stands; a category without one is missing."""
    return {**{slug: i for i, slug in enumerate(taxonomy.trained)}, OTHER: len(taxonomy.trained)}


def _category(
    slug: str, acting: NDArray[np.int64], bins: NDArray[np.int64], columns: dict[str, int], known: Evaluation | None
) -> CategoryTraffic:
    column = columns.get(slug)
    histogram = [] if column is None else _counted(bins[:, column], BINS)
    curve = known.curves.get(slug) if known else None
    return CategoryTraffic(_per_part(acting), histogram, drift(curve.histogram, histogram) if curve else None)


def _tenants(rows: Rows) -> list[TenantTraffic]:
    """Return the tenants with the most decisions, most first."""
    numbers, counts = np.unique(rows.tenant, return_counts=True)
    found = []
    for number, count in sorted(zip(numbers.tolist(), counts.tolist(), strict=True), key=lambda each: -each[1]):
        own = rows.tenant == number
        verdicts = {action: int(np.sum(rows.verdict[own] == action.gravity)) for action in Action}
        found.append(TenantTraffic(rows.tenants[number], count, int(np.sum(rows.cached[own])), verdicts))
        if len(found) == MOST_TENANTS:
            break
    return found


def _over_time(part: NDArray[np.int64], bins: NDArray[np.int64], column: int | None) -> list[list[int]]:
    if column is None:
        return [[] for _ in range(PARTS)]
    flat = np.bincount(part * BINS + bins[:, column], minlength=PARTS * BINS)
    rows: list[list[int]] = flat.reshape(PARTS, BINS).tolist()
    return rows


def _per_part(part: NDArray[np.int64]) -> list[int]:
    return _counted(part, PARTS)


def _counted(values: NDArray[np.int64], most: int) -> list[int]:
    counts: list[int] = np.bincount(values, minlength=most).tolist()
    return counts


def _quantiles(latency: NDArray[np.float32]) -> Quantiles | None:
    if not len(latency):
        return None
    found: Sequence[float] = np.quantile(latency.astype(float), (0.5, 0.95, 0.99)).round(3).tolist()
    return Quantiles(*found)
