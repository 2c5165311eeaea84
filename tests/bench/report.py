"""What the benchmark found, as a table of figures and a table of targets."""

from collections.abc import Iterator

import msgspec
from rich.console import Console
from rich.table import Table

from tests.bench.bare import Bare
from tests.bench.curves import FROM_REDIS, OVERLOAD, REPEATED, UNCACHED, Curve
from tests.bench.startup import Started, median_ready


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the benchmark. `bare` is by mix."""

    date: str
    machine: str
    bundle: str
    seconds: float
    bare: dict[str, Bare]
    curves: list[Curve]
    started: Started

    def curve(self, service: str, mix: str, traffic: str) -> Curve | None:
        """Return the curve of a service on a mix, if it was measured."""
        return next((c for c in self.curves if (c.service, c.mix, c.traffic) == (service, mix, traffic)), None)


class Row(msgspec.Struct, frozen=True):
    """A target: `value` is measured, `holds` whether that is good enough."""

    what: str
    value: str
    target: str
    holds: bool


def targets(report: Report) -> Iterator[Row]:
    """Yield a row for each target that this run can speak of."""
    for mix, bare in report.bare.items():
        own = report.curve("tidegate", mix, UNCACHED.name)
        if not own:
            continue
        yield _least(f"{mix}: uncached / bare session", own.peak.rate / bare.rate, 0.92)
        for service, least in (("infinity", 2.5 if mix == "130 tokens" else 2.0), ("optimum", None), ("torch", 6.0)):
            if other := report.curve(service, mix, UNCACHED.name):
                ratio = own.peak.rate / other.peak.rate
                yield _least(f"{mix}: uncached / {service}", ratio, least)
        if mix == "20 tokens":
            over = own.alone.p50 - bare.alone_p50
            yield Row(f"{mix}: one at a time, above the session", f"{over:.2f} ms", "<= 1.5 ms", over <= 1.5)
        yield from _overload(mix, own)
        yield from _cached(report, mix)
    ready, memory = median_ready(report.started), report.started.loaded
    yield Row("start to ready", f"{ready:.2f} s", "< 2.5 s", ready < 2.5)
    yield Row(
        f"memory after {report.started.requests:,} requests", f"{memory[-1]:.0f} MB", "< 400 MB", memory[-1] < 400
    )


def _cached(report: Report, mix: str) -> Iterator[Row]:
    empty = report.curve("empty handler", "20 tokens", UNCACHED.name)
    for traffic, least in ((REPEATED, 0.70), (FROM_REDIS, 0.45)):
        if empty and mix != "2,000 tokens" and (own := report.curve("tidegate", mix, traffic.name)):
            yield _least(f"{mix}: {traffic.name} / empty handler", own.peak.rate / empty.peak.rate, least)


def _overload(mix: str, own: Curve) -> Iterator[Row]:
    over, near = own.at(OVERLOAD), own.at(0.7)
    if over and near and near.p99:
        yield _least(f"{mix}: good answers at twice the peak / peak", over.rate / own.peak.rate, 0.95)
        times = over.p99 / near.p99
        yield Row(f"{mix}: p99 at twice the peak / at 70 %", f"{times:.2f}", "<= 3", times <= 3)


def _least(what: str, value: float, least: float | None) -> Row:
    return Row(what, f"{value:.2f}", f">= {least:g}" if least else "", least is None or value >= least)


def show(report: Report, console: Console) -> None:
    """Print both tables."""
    console.print(f"{report.machine}, {report.date}, loads of {report.seconds:g} s")
    table = Table(
        "mix", "service", "traffic", "texts/s", "alone p50", "30% p50", "70% p50", "70% p99", "90% p99", "load gen"
    )
    for mix, bare in report.bare.items():
        budget = f"offline, batches of {bare.budget}"
        table.add_row(mix, "bare session", budget, f"{bare.rate:,.1f}", f"{bare.alone_p50:.1f}", *[""] * 5)
        for curve in report.curves:
            if curve.mix == mix:
                table.add_row(mix, curve.service, curve.traffic, *_figures(curve))
    console.print(table)
    table = Table("target", "measured", "wanted", "")
    for row in targets(report):
        table.add_row(row.what, row.value, row.target, "yes" if row.holds else "no")
    console.print(table)


def _figures(curve: Curve) -> list[str]:
    found = {share: curve.at(share) for share in (0.3, 0.7, 0.9)}
    times = [(0.3, "p50"), (0.7, "p50"), (0.7, "p99"), (0.9, "p99")]
    shown = [f"{getattr(each, name):.1f}" if (each := found[share]) else "" for share, name in times]
    busy = max([curve.peak.busy, *(each.result.busy for each in curve.points)])
    return [f"{curve.peak.rate:,.1f}", f"{curve.alone.p50:.1f}", *shown, f"{100 * (1 - busy):.0f}% idle"]
