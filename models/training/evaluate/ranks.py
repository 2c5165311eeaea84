"""How checkpoints rank, without making bundles of them: what a step of training bought.

    python -m models.training.evaluate.ranks --data ../shared/data --own models/texts ONE TWO

One column a checkpoint: average precision of `unsafe` on each set, of `attack` where it is judged, and the mean over
the categories of the dev split. Of a text one window is read, that which training would take, in bf16: figures are for
comparing with one another.
"""

from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from models.encode import Encoder
from models.errors import ModelError
from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.training.corpus.build import stack
from models.training.corpus.mix import Example
from models.training.corpus.sources import Data
from models.training.evaluate.quality import Array, average_precision, decided, per_category
from models.training.evaluate.rows import RowSet, Standing, dev_set, held_out_sets, test_sets
from models.training.finetune.base import SPEC, base_folder, build_tokenizer
from models.training.finetune.teacher import teacher_logits

_UNSAFE, _ATTACK = OUTPUTS.index(UNSAFE), OUTPUTS.index(ATTACK)


def rank_sets(data: Data, cap: int, seed: int) -> list[RowSet]:
    """Return dev, our test set, each source held out whole, and all of these together; `cap` rows a source at most."""
    held_out = [_readable(each) for each in held_out_sets(data, cap, seed)]
    together = RowSet("all held out", Standing.HELD_OUT, [example for each in held_out for example in each.examples])
    others = [_readable(each) for each in (dev_set(data, seed, cap=cap), *test_sets(data))]
    return [*others, *held_out, together]


def rank_rows(rows: RowSet, logits: Array) -> dict[str, float]:
    """Return line -> average precision; `logits` are (rows, outputs). A line that cannot be measured is left out."""
    values, weights = stack(rows.examples)
    found: dict[str, float | None] = {}
    for title, i in (("", _UNSAFE), (", attack", _ATTACK)):
        positive, negative = decided(values[:, i], weights[:, i])
        asked = positive | negative
        found[rows.name + title] = average_precision(logits[asked, i], positive[asked])
    if rows.standing is Standing.DEV:
        categories = per_category(logits, values, weights)
        found["dev, mean of categories"] = float(np.mean(list(categories.values()))) if categories else None
    return {line: value for line, value in found.items() if value is not None}


def _readable(rows: RowSet) -> RowSet:
    """Leave out what has no letter, and so no window."""
    kept: list[Example] = [example for example in rows.examples if example.item.text]
    return RowSet(rows.name, rows.standing, kept)


@click.command()
@click.option("--data", "folder", required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--own", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--cap", default=300, show_default=True, help="Most rows of a source.")
@click.option("--seed", default=1, show_default=True)
@click.argument("checkpoints", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(folder: Path, own: Path | None, cap: int, seed: int, checkpoints: tuple[Path, ...]) -> None:
    """Print how CHECKPOINTS rank the same rows."""
    encoder = Encoder(build_tokenizer(base_folder()), SPEC)
    try:
        sets = rank_sets(Data(folder, own), cap, seed)
        examples = [example for rows in sets[:-1] for example in rows.examples]
        columns: list[dict[str, float]] = []
        for checkpoint in checkpoints:
            logits = teacher_logits(checkpoint, examples, encoder)
            places = {example.id: i for i, example in enumerate(examples)}
            columns.append({})
            for rows in sets:
                columns[-1] |= rank_rows(rows, logits[[places[example.id] for example in rows.examples]])
    except (ModelError, OSError) as error:
        raise click.ClickException(str(error)) from None
    table = Table("average precision", *(str(each.parent.name) for each in checkpoints))
    for line in columns[0]:
        table.add_row(line, *(f"{column[line]:.3f}" for column in columns))
    Console().print(table)


if __name__ == "__main__":
    main()
