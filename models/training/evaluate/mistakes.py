"""What a bundle gets wrong, for a person to read: harmless rows that are flagged, harmful ones that are not.

    python -m models.training.evaluate.mistakes BUNDLE --data ../shared/data --own models/texts --rows dev --output FILE

The file holds texts, harmful and private ones among them: its owner alone may read it, and deletes it when it is read.
It is never written inside this repository, nor over another file. Restricted sources cannot be named.
"""

import os
import random
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import chain, zip_longest
from pathlib import Path

import click
import msgspec

from models.backend import Device
from models.bundle import Bundle, folder_of
from models.errors import ModelError
from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.scorer import Scorer
from models.threads import available_threads
from models.training.corpus.build import HELD_OUT, stack
from models.training.corpus.labels import ATTACKS, INDEX
from models.training.corpus.sources import Data, read_annotations
from models.training.corpus.written import WRITTEN
from models.training.evaluate.judged import Judged
from models.training.evaluate.measure import score_sets
from models.training.evaluate.quality import decided, harmful_rows, harmless_rows
from models.training.evaluate.rows import RowSet, dev_set, held_out_sets, test_sets
from models.training.policy import policy_named
from models.training.terminal import terminal
from taxonomy.categories import Role
from taxonomy.policy import Action

ROOT = Path(__file__).parents[3].resolve()


class Mistake(msgspec.Struct, frozen=True):
    """A row whose verdict is not its label; numbers are in 0..1."""

    polarity: str  # "flagged", and harmless; or "missed", be it sent to review
    output: str  # whose mistake it is: `unsafe` or `attack`
    id: str
    source: str
    role: Role
    action: Action
    holds: dict[str, float]  # its labels
    scores: dict[str, float]  # the six highest
    context: str | None
    text: str


def mistakes(rows: RowSet, found: Judged) -> Iterator[Mistake]:
    """Yield harmless rows that are flagged, and harmful ones that are not."""
    values, weights = stack(rows.examples)
    false = harmless_rows(values, weights) & found.flagged
    unsafe, _ = decided(values[:, INDEX[UNSAFE]], weights[:, INDEX[UNSAFE]])
    for i in (false | (harmful_rows(values, weights) & ~found.flagged)).nonzero()[0].tolist():
        row, verdict = rows.examples[i], found.verdicts[i]
        labels, scores = (dict(zip(OUTPUTS, each[i].tolist(), strict=True)) for each in (values, found.probabilities))
        flagging = {each.slug for each in verdict.categories if each.flagged}
        output = UNSAFE if (flagging - ATTACKS if false[i] else unsafe[i]) else ATTACK
        yield Mistake(
            "flagged" if false[i] else "missed", output, row.id, row.source, row.item.role, verdict.action,
            {name: round(value, 2) for name, value in labels.items() if value > 0},
            {name: round(scores[name], 3) for name in sorted(scores, key=lambda name: -scores[name])[:6]},
            row.item.context, row.item.text,
        )  # fmt: skip


def worst(found: Sequence[Mistake], limit: int) -> list[Mistake]:
    """Return the surest of one polarity, a row of each source and role in turn."""
    groups = defaultdict[tuple[str, Role], list[Mistake]](list)
    for each in sorted(found, key=lambda each: each.scores.get(each.output, 0), reverse=found[0].polarity == "flagged"):
        groups[each.source, each.role].append(each)
    return [each for each in chain.from_iterable(zip_longest(*groups.values())) if each][:limit]


def sets_named(names: Collection[str], data: Data, cap: int = 1000, seed: int = 1) -> Iterator[RowSet]:
    """Yield the sets of NAMES that are wanted; of dev, what was written for us or read by us."""
    yield from test_sets(data) if "test" in names else ()
    held_out = held_out_sets(data, cap, seed) if HELD_OUT.intersection(names) else ()
    yield from (each for each in held_out if each.name in names)
    if "dev" in names:
        dev, read = dev_set(data, seed, cap=cap), read_annotations(data)
        yield RowSet("dev", dev.standing, [e for e in dev.examples if e.source in WRITTEN or e.id in read])


def _private(path: str, flags: int) -> int:
    """Open a file that its owner alone may read."""
    return os.open(path, flags, 0o600)


@click.command()
@click.option("--data", required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--own", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--rows", multiple=True, required=True, type=click.Choice(["test", "dev", *sorted(HELD_OUT)]))
@click.option("--policy", default="default", show_default=True, help="The shipped policy that decides.")
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(min=1), help="Most of a set's mistakes of one kind."
)
@click.option("--drawn", is_flag=True, help="Draw them by chance, to count by, instead of the surest.")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="A new file outside the repository.")
@click.argument("bundle")
def main(
    data: Path, own: Path | None, rows: tuple[str, ...], policy: str, limit: int, drawn: bool, output: Path, bundle: str
) -> None:
    """Write down what BUNDLE, a name or a folder, gets wrong."""
    if output.exists() or output.resolve().is_relative_to(ROOT):
        raise click.ClickException(f"{output} is there already, or in the repository: texts go to a new file outside")
    found, rng = defaultdict[tuple[str, ...], list[Mistake]](list), random.Random(1)  # noqa: S311  # sampling
    try:
        output.parent.mkdir(parents=True, exist_ok=True)  # found out before minutes of work, not after
        rules, scorer = policy_named(policy), Scorer(Bundle.open(folder_of(bundle)), Device.CPU, available_threads())
        for scored in score_sets(scorer, sets_named(rows, Data(data, own)), rules, terminal(stderr=True)):
            for each in mistakes(*scored):
                found[scored[0].name, each.polarity, each.output].append(each)
    except (ModelError, OSError) as error:
        raise click.ClickException(str(error)) from None
    with open(output, "xb", opener=_private) as file:
        for name, every in sorted(found.items()):
            some = rng.sample(every, min(limit, len(every))) if drawn else worst(every, limit)
            file.writelines(msgspec.json.encode(each) + b"\n" for each in some)
            click.echo(f"{', '.join(name)}: {len(every)} mistakes, {len(some)} written")


if __name__ == "__main__":
    main()
