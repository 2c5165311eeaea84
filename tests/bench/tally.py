"""Arithmetic of the load generator: which answers count, how long they took, and how many came a second."""

from collections import Counter

import msgspec


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a job. Latencies are milliseconds of the answers with status 200, at p50, p95 and p99.

    `answered` counts answers by status, 0 for a connection that broke, and under "none" those that never came. `rate`
    is good answers a second, `offered` requests sent a second, `busy` the share of one core the generator took, `sent`
    where the numbers of texts got to.
    """

    rate: float
    offered: float
    answered: dict[str, int]
    p50: float
    p95: float
    p99: float
    refused_p99: float
    busy: float
    sent: int


class Tally:
    """The answers of a span of time, `began` to `until` in seconds.

    `by_due`, for an open loop, those count that fell due in it; else, for a closed one, those that came in it.
    """

    def __init__(self, began: float, until: float, *, by_due: bool) -> None:
        self._began = began
        self._until = until
        self._by_due = by_due
        self._times: dict[int, list[float]] = {}

    def add(self, status: int, due: float, now: float) -> None:
        """Keep an answer. Its time counts from when it was due, however late the request was sent."""
        if self._began <= (due if self._by_due else now) < self._until:
            self._times.setdefault(status, []).append(now - due)

    def result(self, *, missing: int, busy: float, sent: int) -> Result:
        """Return what was kept; `missing` requests were never answered."""
        seconds = self._until - self._began
        counted = Counter({str(status): len(times) for status, times in sorted(self._times.items())})
        good, refused = (sorted(self._times.get(status, [])) for status in (200, 429))
        return Result(
            rate=len(good) / seconds,
            offered=counted.total() / seconds,
            answered=dict(counted) | ({"none": missing} if missing else {}),
            p50=percentile(good, 0.50),
            p95=percentile(good, 0.95),
            p99=percentile(good, 0.99),
            refused_p99=percentile(refused, 0.99),
            busy=busy,
            sent=sent,
        )


def percentile(ordered: list[float], share: float) -> float:
    """Return, in milliseconds, the first of these seconds that such a share of them comes before; 0 where none are."""
    return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3) if ordered else 0.0
