"""`tidegate train`, `export`, `crossvalidate`, `evaluate` and `propose`: doors to models.training (extra `train`)."""

import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import click

from models.bundle import SHIPPED
from service.cli.extras import missing

_DATA = click.option(
    "--data", required=True, type=click.Path(path_type=Path, exists=True, file_okay=False), help="The data folder."
)
_OWN = click.option(
    "--own",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Texts and annotations of your own: in a checkout, models/texts.",
)
_SEED = click.option("--seed", default=1, show_default=True, help="Seed of sampling and training.")

_ABOVE_0 = click.FloatRange(min=0, min_open=True)
_STAGE = (
    click.option("--epochs", default=1.0, show_default=True, type=_ABOVE_0),
    click.option("--batch", default=32, show_default=True, type=click.IntRange(min=1), help="Rows a step."),
    click.option("--learning-rate", default=2e-4, show_default=True, type=_ABOVE_0),
    click.option("--bf16/--fp32", default=True, show_default=True, help="Precision of the forward and backward pass."),
    click.option("--limit", type=click.IntRange(min=1), help="Most rows a source: a trial run."),
    click.option("--max-steps", default=-1, help="Stop after so many steps: a trial run."),
)

_FILE = click.Path(path_type=Path, dir_okay=False)
_RESTRICTED = click.option(
    "--restricted",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Rows that may be measured on, never trained or chosen on.",
)


def _trains(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of one stage of training."""
    for option in reversed(_STAGE):
        command = option(command)
    return command


@click.command()
@_DATA
@_OWN
@_SEED
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Where checkpoints go.")
@click.option(
    "--mix",
    type=click.Choice(["broad", "focused", "silver", "student"]),
    default="broad",
    show_default=True,
    help="Which rows; student trains the nano model on the word of --start.",
)
@click.option(
    "--start", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Checkpoint to go on from."
)
@click.option(
    "--keep",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Share of the start's weights in the result.",
)
@_trains
def train(**options: object) -> None:
    """Fine-tune the packaged base model on the rows in --data."""
    try:
        from models.training.finetune.train import TrainSettings
        from models.training.finetune.train import train as run
    except ModuleNotFoundError as error:
        raise missing(error, "train") from None
    click.echo(run(TrainSettings(**_read(options))))  # type: ignore[arg-type]


@click.command()
@click.option(
    "--model",
    required=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The model's folder: a checkpoint of `tidegate train`, or any sequence classifier.",
)
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Where the bundle goes.")
@click.option("--name", help="The bundle's name. [default: tidegate-minilm-l6; with --map the model folder's]")
@click.option(
    "--map",
    "labels",
    type=click.Path(path_type=Path),
    help="What the labels of a model from elsewhere mean: a YAML file (docs/guides/bring-your-own.md).",
)
@click.option(
    "--precision",
    type=click.Choice(["auto", "int8", "fp32"]),
    help="With --map: int8 or nothing, fp32, or auto, which is int8 where it holds parity. [default: auto]",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="For a checkpoint: the data folder, to calibrate and measure on.",
)
@_OWN
@_RESTRICTED
@click.option("--policy", help="For a checkpoint: the shipped policy whose verdicts are counted. [default: default]")
def export(labels: Path | None, precision: str | None, **options: object) -> None:
    """Make a bundle of a checkpoint (--data) or of any sequence classifier (--map), held against the source."""
    if (labels is None) == (options["data"] is None):
        raise click.UsageError("give --map for a model from elsewhere, or --data for a checkpoint of tidegate train")
    if labels is None:
        if precision:
            raise click.UsageError("--precision goes with --map: a checkpoint of tidegate train becomes int8")
        _export_checkpoint(**options)
    elif strays := [f"--{key}" for key in ("own", "restricted", "policy") if options[key]]:
        raise click.UsageError(f"{' and '.join(strays)} can only go with --data")
    else:
        _adopt(labels, precision or "auto", **options)


def _export_checkpoint(**options: object) -> None:
    try:
        from models.training.export.export import ExportSettings
        from models.training.export.export import export as run
    except ModuleNotFoundError as error:
        raise missing(error, "train") from None
    named = {key: value for key in ("name", "policy") if (value := options.pop(key))}
    click.echo(run(ExportSettings(checkpoint=options.pop("model"), **_read(options), **named)))  # type: ignore[arg-type]


def _adopt(labels: Path, precision: str, **options: object) -> None:
    try:
        from models.training.adopt.adopt import AdoptSettings, Precision, adopt
    except ModuleNotFoundError as error:
        raise missing(error, "train") from None
    wanted = {key: options[key] for key in ("model", "output", "name")}
    click.echo(adopt(AdoptSettings(labels=labels, precision=Precision(precision), **wanted)))  # type: ignore[arg-type]


@click.command()
@_DATA
@_OWN
@_SEED
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Where the folds go.")
@click.option("--folds", default=5, show_default=True, help="How many models are trained.")
@click.option(
    "--trained",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
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
    try:
        from models.training.finetune.train import TrainSettings
        from models.training.folds.crossvalidate import CrossSettings
        from models.training.folds.crossvalidate import crossvalidate as run
    except ModuleNotFoundError as error:
        raise missing(error, "train") from None
    stage = TrainSettings(**_read(options))  # type: ignore[arg-type]
    click.echo(run(CrossSettings(stage=stage, folds=folds, trained=trained, cap=cap)))


@click.command()
@click.argument("bundle", default=SHIPPED, type=click.Path(path_type=Path))
@_DATA
@_OWN
@_SEED
@_RESTRICTED
@click.option("--policy", default="default", show_default=True, help="The shipped policy whose verdicts are counted.")
@click.option("--cap", default=1000, show_default=True, type=click.IntRange(min=1), help="Most rows of a source.")
@click.option("--html", type=_FILE, help="Write the report as one page.")
@click.option("--json", type=_FILE, help="Write the figures as JSON.")
@click.option(
    "--reference",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The fp32 ONNX that BUNDLE was made of, to compare with.",
)
@click.option(
    "--folds",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The folds.json of tidegate crossvalidate, for the report to show.",
)
def evaluate(**options: object) -> None:
    """Measure what BUNDLE misses and wrongly flags, on rows it was not made from.

    Prints tables; --html and --json write all of it.
    """
    try:
        from models.training.evaluate.evaluate import EvaluateSettings
        from models.training.evaluate.evaluate import evaluate as run
    except ModuleNotFoundError as error:
        raise missing(error, "train") from None
    command = shlex.join(["tidegate", *sys.argv[1:]])
    run(EvaluateSettings(**_read(options), command=command))  # type: ignore[arg-type]


@click.command()
@click.argument("bundle", default=SHIPPED, type=click.Path(path_type=Path))
@_DATA
@_OWN
@_SEED
def propose(**options: object) -> None:
    """Print thresholds for the shipped policies from BUNDLE's scores on the dev split, at each policy's budget."""
    try:
        from models.training.tune.propose import ProposeSettings, propose_thresholds
    except ModuleNotFoundError as error:
        raise missing(error, "train") from None
    propose_thresholds(ProposeSettings(**_read(options)))  # type: ignore[arg-type]


def _read(options: dict[str, object]) -> dict[str, object]:
    """Return the options with the two folders of rows as one."""
    from models.training.corpus.sources import Data

    folder, own = options.pop("data"), options.pop("own")
    return {**options, "data": Data(folder, own)}  # type: ignore[arg-type]
