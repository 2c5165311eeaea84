"""How checkpoints rank, without making bundles of them: what a step of training bought.

    python -m models.training.evaluate.ranks --data ../shared/data --own models/texts ONE TWO

One column a checkpoint: average precision of `unsafe` on each set, of `attack` where it is judged, and the mean over
the categories of the dev split; `--together` adds a column for the mean of their logits, which `--teacher` of
`tidegate train` learns from. Of a text one window is read, that which training would take, in bf16: figures are for
comparing with one another.
"""

from pathlib import Path

import click
import numpy as np

from models.encode import Encoder
from models.errors import ModelError
from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.training.corpus.build import stack
from models.training.corpus.sources import Data
from models.training.evaluate.grid import Grid, draw
from models.training.evaluate.quality import Array, average_precision, decided, per_category
from models.training.evaluate.rows import RowSet, Standing, dev_set, held_out_sets, test_sets
from models.training.finetune.base import SPEC, base_folder, build_tokenizer
from models.training.finetune.teacher import teacher_logits
from models.training.terminal import terminal

_UNSAFE, _ATTACK = OUTPUTS.index(UNSAFE), OUTPUTS.index(ATTACK)


def rank_sets(data: Data, cap: int, seed: int) -> list[RowSet]:
    """Return dev, our test set and each source held out whole, at most `cap` rows of a source."""
    sets = (dev_set(data, seed, cap=cap), *test_sets(data), *held_out_sets(data, cap, seed))
    return [_readable(each) for each in sets]


def rank_all(sets: list[RowSet], logits: Array) -> dict[str, float]:
    """Return the lines of every set, and of all that were held out together; `logits` are of their rows in order."""
    found: dict[str, float] = {}
    parts = np.split(logits, np.cumsum([len(rows.examples) for rows in sets])[:-1])
    for rows, part in zip(sets, parts, strict=True):
        found |= rank_rows(rows, part)
    held_out = [each for each in zip(sets, parts, strict=True) if each[0].standing is Standing.HELD_OUT]
    if held_out:
        together = [example for rows, _ in held_out for example in rows.examples]
        all_rows = RowSet("all held out", Standing.HELD_OUT, together)
        found |= rank_rows(all_rows, np.concatenate([part for _, part in held_out]))
    return found


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
    kept = [example for example in rows.examples if example.item.text]
    return RowSet(rows.name, rows.standing, kept)


@click.command()
@click.option("--data", "folder", required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--own", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--cap", default=300, show_default=True, help="Most rows of a source.")
@click.option("--seed", default=1, show_default=True)
@click.option("--together", is_flag=True, help="A column for all CHECKPOINTS as one.")
@click.argument("checkpoints", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, file_okay=False))
def main(folder: Path, own: Path | None, cap: int, seed: int, together: bool, checkpoints: tuple[Path, ...]) -> None:
    """Print how CHECKPOINTS rank the same rows."""
    encoder = Encoder(build_tokenizer(base_folder()), SPEC)
    try:
        sets = rank_sets(Data(folder, own), cap, seed)
        examples = [example for rows in sets for example in rows.examples]
        said = [teacher_logits(checkpoint, examples, encoder) for checkpoint in checkpoints]
    except (ModelError, OSError) as error:
        raise click.ClickException(str(error)) from None
    names = [each.parent.name for each in checkpoints]
    if together:
        names.append("together")
        said.append(np.mean(said, axis=0))
    columns = [rank_all(sets, logits) for logits in said]
    rows = [(line, *(f"{column[line]:.3f}" for column in columns)) for line in columns[0]]
    draw([Grid("How checkpoints rank", ("average precision", *names), rows)], terminal())


if __name__ == "__main__":
    main()
