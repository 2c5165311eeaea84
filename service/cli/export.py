"""`tidegate export`: a door to models.training (extra `train`)."""

from pathlib import Path

import click

from service.cli.extras import extra
from service.cli.texts import FOLDER, OWN, RESTRICTED, read


@click.command()
@click.option(
    "--model",
    required=True,
    type=FOLDER,
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
    type=FOLDER,
    help="For a checkpoint: the data folder, to calibrate and measure on.",
)
@OWN
@RESTRICTED
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
    with extra("train"):
        from models.training.export.export import ExportSettings
        from models.training.export.export import export as run
    named = {key: value for key in ("name", "policy") if (value := options.pop(key))}
    click.echo(run(ExportSettings(checkpoint=options.pop("model"), **read(options), **named)))  # type: ignore[arg-type]


def _adopt(labels: Path, precision: str, **options: object) -> None:
    with extra("train"):
        from models.training.adopt.adopt import AdoptSettings, Precision, adopt
    wanted = {key: options[key] for key in ("model", "output", "name")}
    click.echo(adopt(AdoptSettings(labels=labels, precision=Precision(precision), **wanted)))  # type: ignore[arg-type]
