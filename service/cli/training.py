"""`tidegate train`, `crossvalidate`, `evaluate` and `propose`: doors to models.training (extra `train`)."""

import shlex
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from models.bundle import SHIPPED
from service.cli.extras import extra
from service.cli.put import FILE, writable
from service.cli.texts import DATA, FOLDER, OWN, RESTRICTED, SEED, read

_THERE = click.Path(path_type=Path, exists=True, dir_okay=False)
_ABOVE_0 = click.FloatRange(min=0, min_open=True)
_WITHOUT: dict[str, Any] = {"default": 0.0, "show_default": True, "type": click.FloatRange(min=0)}
_STAGE = (
    click.option("--epochs", default=1.0, show_default=True, type=_ABOVE_0),
    click.option("--batch", default=32, show_default=True, type=click.IntRange(min=1), help="Rows a step."),
    click.option("--learning-rate", default=2e-4, show_default=True, type=_ABOVE_0),
    click.option("--bf16/--fp32", default=True, show_default=True, help="Precision of the forward and backward pass."),
    click.option("--limit", type=click.IntRange(min=1), help="Most rows a source: a trial run."),
    click.option("--max-steps", default=-1, help="Stop after so many steps: a trial run."),
    click.option("--r-drop", **_WITHOUT, help="What the disagreement of two passes counts (R-Drop)."),
    click.option("--adversarial", **_WITHOUT, help="How far the words of a second pass are moved."),
    click.option(
        "--average",
        default=0.0,
        show_default=True,
        type=click.FloatRange(0, 1, max_open=True),
        help="Decay of the exponential moving average of the weights, which ends in place of the last ones.",
    ),
)


def _trains(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of one stage of training."""
    for option in reversed(_STAGE):
        command = option(command)
    return command


@click.command()
@DATA
@OWN
@SEED
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Where checkpoints go.")
@click.option(
    "--mix",
    type=click.Choice(["broad", "focused", "silver", "student", "words"]),
    default="broad",
    show_default=True,
    help="Which rows; student trains the nano model on the word of --start, words reads texts without labels.",
)
@click.option("--start", type=FOLDER, help="Checkpoint to go on from.")
@click.option(
    "--keep",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Share of the start's weights in the result.",
)
@click.option(
    "--teacher",
    "teachers",
    type=FOLDER,
    multiple=True,
    help="Checkpoint to learn from beside the labels; may be repeated.",
)
@click.option(
    "--distil",
    default=0.5,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="What the teachers' mean word counts beside a label.",
)
@_trains
def train(**options: object) -> None:
    """Fine-tune the packaged base model on the rows in --data."""
    with extra("train"):
        from models.training.finetune.settings import TrainSettings
        from models.training.finetune.train import train as run
    click.echo(run(TrainSettings(**read(options))))  # type: ignore[arg-type]


@click.command()
@DATA
@OWN
@SEED
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Where the folds go.")
@click.option("--folds", default=5, show_default=True, help="How many models are trained.")
@click.option(
    "--trained",
    type=FOLDER,
    help="Checkpoint of the same stage on all sources, to set beside.",
)
@click.option(
    "--mix", type=click.Choice(["broad", "focused"]), default="focused", show_default=True, help="Which rows."
)
@click.option("--cap", default=500, show_default=True, type=click.IntRange(min=1), help="Most rows of a source scored.")
@_trains
def crossvalidate(folds: int, trained: Path | None, cap: int, **options: object) -> None:
    """Train once for every fold of the sources, without them, and measure on what was left out.

    Broken off and begun again, it goes on where it was. The table is written to folds.json in --output.
    """
    with extra("train"):
        from models.training.finetune.settings import TrainSettings
        from models.training.folds.crossvalidate import CrossSettings
        from models.training.folds.crossvalidate import crossvalidate as run
    stage = TrainSettings(**read(options))  # type: ignore[arg-type]
    click.echo(run(CrossSettings(stage=stage, folds=folds, trained=trained, cap=cap)))


@click.command()
@click.argument("bundle", default=SHIPPED, type=click.Path(path_type=Path))
@DATA
@OWN
@SEED
@RESTRICTED
@click.option("--policy", default="default", show_default=True, help="The shipped policy whose verdicts are counted.")
@click.option("--cap", default=1000, show_default=True, type=click.IntRange(min=1), help="Most rows of a source.")
@click.option("--html", type=FILE, help="Write the report as one page.")
@click.option("--json", type=FILE, help="Write the figures as JSON.")
@click.option(
    "--reference",
    type=_THERE,
    help="The fp32 ONNX that BUNDLE was made of, to compare with.",
)
@click.option(
    "--folds",
    type=_THERE,
    help="The folds.json of tidegate crossvalidate, for the report to show.",
)
def evaluate(html: Path | None, json: Path | None, **options: object) -> None:
    """Measure what BUNDLE misses and wrongly flags, on rows it was not made from, and what of its targets it reaches.

    Prints tables; --html and --json write all of it.
    """
    with extra("train"):
        from models.training.evaluate.evaluate import EvaluateSettings
        from models.training.evaluate.evaluate import evaluate as run
    for path in filter(None, (html, json)):
        with suppress(OSError):  # the next line says what is wrong
            path.parent.mkdir(parents=True, exist_ok=True)
    writable(html, json, force=True)
    command = shlex.join(["tidegate", *sys.argv[1:]])
    run(EvaluateSettings(**read(options), html=html, json=json, command=command))  # type: ignore[arg-type]


@click.command()
@click.argument("bundle", default=SHIPPED, type=click.Path(path_type=Path))
@DATA
@OWN
@SEED
def propose(**options: object) -> None:
    """Print thresholds for the shipped policies from BUNDLE's scores on the dev split, at each policy's budget."""
    with extra("train"):
        from models.training.tune.propose import ProposeSettings, propose_thresholds
    propose_thresholds(ProposeSettings(**read(options)))  # type: ignore[arg-type]
