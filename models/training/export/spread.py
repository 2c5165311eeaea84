"""What the parity gate's figures come to by chance: over all rows of the dev split, and over rows drawn from them.

    python -m models.training.export.spread --data ../shared/data --own models/texts SHIPPED REFERENCE

Both bundles score the same rows; the calibration is SHIPPED's. A line for each limit says what is held against it, of
the output where it is worst: over all rows, and in the worst of as many rows drawn with repeats, so many times. A limit
that refuses draws refuses by chance. A REFERENCE for an int8 bundle is what `tidegate bundle convert --precision fp32`
makes of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click
import numpy as np

from models.backend import Device
from models.bundle import Bundle, folder_of
from models.calibrate import Calibration
from models.errors import ModelError
from models.scorer import Scorer
from models.threads import available_threads
from models.training.corpus.build import stack
from models.training.corpus.labels import Targets
from models.training.corpus.sources import Data
from models.training.evaluate.grid import Grid, draw
from models.training.evaluate.judged import Array, logits_of
from models.training.evaluate.rows import dev_set
from models.training.export.parity import FIGURES, LEAST, Limits, Parity, ParityError, check, compare, held
from models.training.policy import policy_named
from models.training.terminal import terminal
from taxonomy.categories import Role
from taxonomy.policy import Policy


def drawn(
    logits: tuple[Array, Array],
    calibration: Calibration,
    roles: Sequence[Role],
    policy: Policy,
    targets: Targets,
    seed: int,
) -> Iterator[Parity]:
    """Yield parity over all rows, then without end over as many drawn with repeats.

    `logits` are the reference's and what ships, `targets` values and weights: each of shape (len(roles), outputs).
    """
    rng = np.random.default_rng(seed)
    rows = np.arange(len(roles))
    while True:
        one, other, values, weights = (each[rows] for each in (*logits, *targets))
        yield compare(
            one, other, calibration, [roles[i] for i in rows.tolist()], policy, 0.0, targets=(values, weights)
        )
        rows = rng.integers(len(roles), size=len(roles))


def worst(found: Iterable[Parity]) -> dict[str, float]:
    """Return limit -> the worst that is held against it; one against which nothing could be measured is left out."""
    out: dict[str, float] = {}
    for each in (each for parity in found for each in held(parity)):
        further = np.minimum if each.limit == LEAST else np.maximum
        out[each.limit] = float(further(out.get(each.limit, each.least), each.least))
    return out


def refused(parity: Parity, limits: Limits) -> bool:
    """Say whether the gate refuses."""
    try:
        check(parity, limits)
    except ParityError:
        return True
    return False


@click.command()
@click.option("--data", "folder", required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--own", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--policy", default="default", show_default=True, help="The shipped policy whose verdicts are counted.")
@click.option("--draws", default=100, show_default=True, type=click.IntRange(min=1), help="How often rows are drawn.")
@click.option("--cap", type=click.IntRange(min=1), help="Most rows of a source: a trial run.")
@click.option("--seed", default=1, show_default=True, help="Seed of the dev split and of the draws.")
@click.argument("shipped")
@click.argument("reference")
def main(
    folder: Path, own: Path | None, policy: str, draws: int, cap: int | None, seed: int, shipped: str, reference: str
) -> None:
    """Print what is held against each limit when SHIPPED is compared with REFERENCE, names or folders of bundles."""
    try:
        rules = policy_named(policy)
        ships, before = (
            Scorer(Bundle.open(folder_of(name)), Device.CPU, available_threads()) for name in (shipped, reference)
        )
        dev = dev_set(Data(folder, own), seed, cap=cap).examples
    except (ModelError, OSError) as error:
        raise click.ClickException(str(error)) from None
    items, console = [each.item for each in dev], terminal(stderr=True)
    logits = (logits_of(before, items, reference, console), logits_of(ships, items, shipped, console))
    found = drawn(logits, ships.calibration, [item.role for item in items], rules, stack(dev), seed)
    whole = next(found)
    again = [next(found) for _ in range(draws)]

    limits, columns = Limits(), (worst([whole]), worst(again))
    lines = [
        (what, f"{getattr(limits, name)}", *(f"{x[name]:.4g}" if name in x else "" for x in columns))
        for name, what in FIGURES.items()
    ]
    titles = ("figure", "limit", f"{len(dev):,} rows", f"worst of {draws} draws")
    draw([Grid("What is held against each limit", titles, lines)], terminal())
    click.echo(f"{sum(refused(each, limits) for each in again)} of {draws} draws are refused")


if __name__ == "__main__":
    main()
