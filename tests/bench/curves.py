"""Throughput and latency of one service on one kind of traffic: its peak, then what it does below and beyond it."""

from collections.abc import Sequence
from itertools import count

import msgspec

from tests.bench.load import Job, Shape, put
from tests.bench.services import Running
from tests.bench.tally import Result

# Of the peak. At twice the peak a service shows what it does with what it cannot do.
SHARES = (0.3, 0.7, 0.9)
OVERLOAD = 2.0
# Known texts of repeated traffic; fewer than are kept ready to answer.
KNOWN = 100
# No text of one run is sent twice by chance: every job begins where the one before ended.
_NUMBERS = count(1, 10_000_000)


class Point(msgspec.Struct, frozen=True):
    """What came of an offered load, a share of the peak; the loop is open."""

    share: float
    result: Result


class Curve(msgspec.Struct, frozen=True):
    """A service on a mix. `alone` is one request after the other, `peak` as many at once as it takes."""

    service: str
    mix: str
    traffic: str
    alone: Result
    peak: Result
    points: list[Point]

    def at(self, share: float) -> Result | None:
        """Return what came of a share of the peak, if that was offered."""
        return next((each.result for each in self.points if each.share == share), None)


class Traffic(msgspec.Struct, frozen=True):
    """A kind of traffic: the share of requests whose text is known."""

    name: str
    repeated: float


UNCACHED = Traffic("uncached", 0.0)
HALF = Traffic("half repeated", 0.5)
REPEATED = Traffic("repeated, from memory", 1.0)
FROM_REDIS = Traffic("repeated, from Redis", 1.0)


def measure(
    service: str,
    running: Running,
    shape: Shape,
    mix: str,
    texts: list[list[str]],
    traffic: Traffic,
    seconds: float,
    connections: int,
    shares: Sequence[float] = SHARES,
) -> Curve:
    """Measure a service that runs."""

    def run(**changes: object) -> Result:
        given = {
            "port": running.port,
            "uds": running.uds,
            "shape": shape,
            "texts": texts,
            "seconds": seconds,
            "repeated": traffic.repeated,
            "known": KNOWN,
            "connections": connections,
            "first": next(_NUMBERS),
        }
        return put(Job(**{**given, **changes}))  # type: ignore[arg-type]

    if traffic.repeated:
        run(repeated=1.0, warm_seconds=0.0, seconds=max(seconds, 3.0))  # now they are known
    alone = run(connections=1, seconds=seconds / 2, warm_seconds=0.5)
    peak = run()
    points = [Point(share, run(rate=share * peak.rate)) for share in shares]
    return Curve(service, mix, traffic.name, alone, peak, points)
