"""The ratios of the report, and which of them hold."""

from io import StringIO

import msgspec
import pytest
from rich.console import Console

from tests.bench.bare import Bare
from tests.bench.curves import FROM_REDIS, REPEATED, UNCACHED, Curve, Point, Traffic
from tests.bench.report import Report, show, targets
from tests.bench.startup import Started
from tests.bench.tally import Result

MIX = "20 tokens"


def result(rate: float, p50: float = 5.0, p99: float = 10.0) -> Result:
    return Result(
        rate=rate, offered=rate, answered={}, p50=p50, p95=p50, p99=p99, refused_p99=0.0, busy=0.1, sent=1
    )  # fmt: skip


def curve(service: str, rate: float, traffic: Traffic = UNCACHED, points: tuple[Point, ...] = ()) -> Curve:
    return Curve(service, MIX, traffic.name, result(100.0, p50=4.0), result(rate), list(points))


POINTS = (Point(0.3, result(120.0)), Point(0.7, result(280.0, p99=20.0)), Point(2.0, result(380.0, p99=60.0)))
REPORT = Report(
    date="2026-01-01",
    machine="2 cores",
    bundle="sha256:0",
    seconds=5.0,
    bare={MIX: Bare(800.0, 1024, 16_000.0, 3.0)},
    curves=[
        curve("tidegate", 400.0, points=POINTS),
        curve("tidegate", 7000.0, REPEATED),
        curve("tidegate", 4500.0, FROM_REDIS),
        curve("infinity", 200.0),
        curve("optimum", 160.0),
        curve("torch", 80.0),
        curve("empty handler", 10_000.0),
    ],
    started=Started([1.0, 9.0, 2.0], 200.0, [250.0, 300.0], 6000),
)


def rows(report: Report = REPORT) -> dict[str, tuple[str, bool]]:
    return {row.what: (row.value, row.holds) for row in targets(report)}


@pytest.mark.parametrize(
    ("what", "value", "holds"),
    [
        ("20 tokens: uncached / bare session", "0.50", False),
        ("20 tokens: uncached / infinity", "2.00", True),  # as much as is wanted
        ("20 tokens: uncached / optimum", "2.50", True),  # nothing is wanted
        ("20 tokens: uncached / torch", "5.00", False),
        ("20 tokens: one at a time, above the session", "1.00 ms", True),
        ("20 tokens: good answers at twice the peak / peak", "0.95", True),
        ("20 tokens: p99 at twice the peak / at 70 %", "3.00", True),
        ("20 tokens: repeated, from memory / empty handler", "0.70", True),
        ("20 tokens: repeated, from Redis / empty handler", "0.45", True),
        ("start to ready", "2.00 s", True),
        ("memory after 6,000 requests", "300 MB", True),
    ],
)
def test_each_target(what, value, holds):
    assert rows()[what] == (value, holds)


def test_every_row_is_one_of_these():
    assert len(rows()) == 11


def test_what_was_not_measured_has_no_row():
    found = rows(msgspec.structs.replace(REPORT, curves=[curve("tidegate", 400.0)]))
    assert [*found] == [
        "20 tokens: uncached / bare session",
        "20 tokens: one at a time, above the session",
        "start to ready",
        "memory after 6,000 requests",
    ]
    assert [*rows(msgspec.structs.replace(REPORT, curves=[]))] == ["start to ready", "memory after 6,000 requests"]


def test_a_report_survives_its_file_and_is_shown():
    read = msgspec.json.decode(msgspec.json.encode(REPORT), type=Report)
    assert read == REPORT
    out = StringIO()
    show(read, Console(file=out, width=200))
    for figure in ("800.0", "10,000.0", "90% idle", "0.50", "loads of 5 s"):
        assert figure in out.getvalue()
