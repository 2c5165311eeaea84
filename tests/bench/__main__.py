"""The benchmark: `make bench`. One run, one table; everything in it on the same machine, weights and texts.

For each mix of lengths: the bare session, tidegate, its peers, tidegate on repeated texts, and an empty handler.
Written to --output: bench.json, and by tests/bench/plot.py bench.svg.
"""

import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from rich.console import Console

from models.backend import Device
from models.bundle import SHIPPED, Bundle, folder_of
from models.machine import processor
from models.threads import available_threads
from tests.bench.bare import Bare, Ceiling
from tests.bench.curves import FROM_REDIS, HALF, OVERLOAD, REPEATED, SHARES, UNCACHED, Curve, Traffic, measure
from tests.bench.load import Shape
from tests.bench.mixes import Mix, mixes
from tests.bench.peers import DEVICE, PEERS, empty
from tests.bench.report import Report, show
from tests.bench.services import ONE_ENTRY, Running, answer_bytes, own_shape, peer, pieces, shape_of, tidegate, whole
from tests.bench.startup import started
from tests.running import RunningRedis

# Requests at once where a service shows its peak: enough to fill every batch, few enough to be let in.
CONNECTIONS = {"20 tokens": 64, "130 tokens": 16, "2,000 tokens": 8}


class Bench:
    """One run; `own` is what tidegate's environment holds, `seconds` how long each load lasts."""

    def __init__(self, own: Mapping[str, str], seconds: float, peers: tuple[str, ...], console: Console) -> None:
        self._own = own
        self._seconds = seconds
        self._peers = [each for each in PEERS if each.name in peers]
        self._console = console

    def curves(self, mix: Mix) -> Iterator[Curve]:
        """Measure everything on one mix."""
        connections = CONNECTIONS[mix.name]
        with tidegate(self._own) as running:
            shares = (*SHARES, OVERLOAD)
            answered = answer_bytes(running, own_shape(mix.role), whole(mix)[0])
            yield self._curve("tidegate", running, own_shape(mix.role), mix, whole(mix), UNCACHED, connections, shares)
            for traffic in (HALF, REPEATED):
                yield self._curve("tidegate", running, own_shape(mix.role), mix, whole(mix), traffic, connections)
        with ExitStack() as stack:
            redis = stack.enter_context(RunningRedis(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
            running = stack.enter_context(tidegate({**self._own, "TIDEGATE_REDIS_URL": redis.url, **ONE_ENTRY}))
            yield self._curve("tidegate", running, own_shape(mix.role), mix, whole(mix), FROM_REDIS, connections)
        for each in self._peers:
            with peer(each) as running:
                yield self._curve(each.name, running, shape_of(each), mix, pieces(mix), UNCACHED, connections)
        if mix.name == "20 tokens":
            nothing = empty(answered)
            with peer(nothing) as running:
                yield self._curve("empty handler", running, shape_of(nothing), mix, whole(mix), UNCACHED, connections)

    def _curve(
        self,
        service: str,
        running: Running,
        shape: Shape,
        mix: Mix,
        texts: list[list[str]],
        traffic: Traffic,
        connections: int,
        shares: Sequence[float] = SHARES,
    ) -> Curve:
        self._console.log(f"{mix.name}: {service}, {traffic.name}")
        return measure(service, running, shape, mix.name, texts, traffic, self._seconds, connections, shares)


@click.command()
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), default=Path("work/bench"))
@click.option(
    "--device",
    type=click.Choice([each.value for each in Device]),
    default="cpu",
    show_default=True,
    help="Where everything computes; cuda needs builds of onnxruntime and torch for it in all three environments.",
)
@click.option(
    "--bundle",
    default=SHIPPED.name,
    show_default=True,
    help="What tidegate and the bare session run: a shipped bundle's name or a folder.",
)
@click.option(
    "--seconds", type=click.FloatRange(min=1), default=5.0, show_default=True, help="How long each load lasts."
)
@click.option("--mix", "wanted", multiple=True, help="Only this mix; can be given several times.")
@click.option("--peer", "peers", multiple=True, default=[each.name for each in PEERS], help="Only this peer, or none.")
def main(
    output: Path, device: str, bundle: str, seconds: float, wanted: tuple[str, ...], peers: tuple[str, ...]
) -> None:
    """Measure, print the table, write bench.json."""
    console = Console(file=sys.stderr)
    os.environ[DEVICE] = device  # the peers inherit it
    opened = Bundle.open(folder_of(bundle))
    own = {"TIDEGATE_DEVICE": device, "TIDEGATE_BUNDLE": bundle}
    bench = Bench(own, seconds, peers, console)
    ceiling = Ceiling(opened, Device(device))
    bare: dict[str, Bare] = {}
    curves: list[Curve] = []
    for mix in mixes():
        if wanted and mix.name not in wanted:
            continue
        console.log(f"{mix.name}: the bare session")
        bare[mix.name] = ceiling.measure(mix, 3 * seconds)
        curves += bench.curves(mix)
    console.log("start and memory")
    report = Report(
        date=datetime.now(UTC).strftime("%Y-%m-%d"),
        machine=f"{available_threads()} cores of {processor()}" + (" and a GPU" if device == "cuda" else ""),
        bundle=opened.digest,
        seconds=seconds,
        bare=bare,
        curves=curves,
        started=started(own),
    )
    output.mkdir(parents=True, exist_ok=True)
    (output / "bench.json").write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    show(report, Console())


if __name__ == "__main__":
    main()
