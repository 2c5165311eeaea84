"""Options of the commands that train and measure: the folders that their texts come from."""

from pathlib import Path

import click

FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
DATA = click.option("--data", required=True, type=FOLDER, help="The data folder.")
OWN = click.option("--own", type=FOLDER, help="Texts and annotations of your own: in a checkout, models/texts.")
RESTRICTED = click.option("--restricted", type=FOLDER, help="Rows that may be measured on, never trained or chosen on.")
SEED = click.option("--seed", default=1, show_default=True, help="Seed of sampling and training.")


def read(options: dict[str, object]) -> dict[str, object]:
    """Return the options with the two folders of rows as one."""
    from models.training.corpus.sources import Data

    folder, own = options.pop("data"), options.pop("own")
    return {**options, "data": Data(folder, own)}  # type: ignore[arg-type]
