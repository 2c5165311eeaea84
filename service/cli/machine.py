"""`tidegate bundle tune`."""

import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from models.backend import Device
from models.bundle import Bundle, folder_of
from models.date import today
from models.machine import RUNTIME, Combination, Measured, Sample, choose, combinations, measure, medians, processor
from models.put import put
from models.threads import available_threads
from service.cli.put import writable
from service.configuration.profile import Profile, written
from taxonomy.wording import counted

_FEWEST_ROUNDS = 3  # for a median that one disturbed round does not move


@click.command()
@click.argument("bundle", default="default")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="The profile to write.")
@click.option("--device", type=click.Choice([each.value for each in Device]), default="cpu", show_default=True)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, max=86_400),
    default=120.0,
    show_default=True,
    help="How long to measure; one round is measured whatever it takes.",
)
def tune(bundle: str, output: Path, device: str, seconds: float) -> None:
    """Measure which thread count and batch size suit this machine, and write them into a profile.

    BUNDLE is a shipped bundle's name or a folder. `tidegate serve --profile FILE` reads what is written. Measure with
    the limits it will be served under, and with nothing else running.
    """
    opened = Bundle.open(folder_of(bundle))
    kind, cores = Device(device), available_threads()
    writable(output, force=True)
    samples = list(_shown(measure(opened, kind, combinations(kind, cores), seconds), seconds))
    rates = medians(samples)
    best = choose(rates)
    head = f"# Written by `tidegate bundle tune`; read by `tidegate serve --profile {output.name}`.\n"
    put(output, head + written(_profile(opened, kind, cores, samples, rates, best)))
    Console().print(_table(rates, best))
    rounds = samples[-1].round
    if rounds < _FEWEST_ROUNDS:
        click.echo(f"only {rounds} of {_FEWEST_ROUNDS} rounds or more were in the time: give more --seconds", err=True)
    click.echo(f"{output}: threads {best.threads}, batch_tokens {best.batch_tokens}")


def _shown(samples: Iterable[Sample], seconds: float) -> Iterator[Sample]:
    """Hand the samples on, and show on standard error how far it is."""
    columns = (BarColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
        task = progress.add_task("opening the session", total=seconds or None)
        began = time.perf_counter()
        for sample in samples:
            tried = sample.combination
            progress.update(
                task,
                completed=time.perf_counter() - began,
                description=f"round {sample.round}, threads {tried.threads}, batch tokens {tried.batch_tokens:,}: "
                f"{sample.tokens_per_second:,.0f} tokens a second",
            )
            yield sample


def _profile(
    bundle: Bundle,
    device: Device,
    cores: int,
    samples: list[Sample],
    rates: dict[Combination, float],
    best: Combination,
) -> Profile:
    table: dict[str, dict[str, float]] = {}
    for each, rate in rates.items():
        table.setdefault(str(each.threads), {})[str(each.batch_tokens)] = round(rate)
    named = {} if device is Device.CPU else {"device": device.value}
    return Profile(
        settings={"threads": best.threads, "batch_tokens": best.batch_tokens, **named},
        measured=Measured(
            date=today(),
            processor=processor(),
            cores=cores,
            device=device,
            onnxruntime=RUNTIME,
            bundle=bundle.digest,
            rounds=samples[-1].round,
            tokens_per_second=table,
        ),
    )


def _table(rates: dict[Combination, float], best: Combination) -> Table:
    """Return tokens a second, batch sizes down and threads across; the chosen one is marked."""
    counts = list(dict.fromkeys(each.threads for each in rates))
    titles = [counted(number, "thread") for number in counts]
    table = Table("batch tokens", *titles, title="tokens a second", caption="* chosen")
    for budget in dict.fromkeys(each.batch_tokens for each in rates):
        cells = (Combination(threads, budget) for threads in counts)
        table.add_row(f"{budget:,}", *(f"{rates[each]:,.0f}{' *' * (each == best)}" for each in cells))
    return table
