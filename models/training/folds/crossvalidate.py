"""Train as often as there are folds, each time without some sources, and measure on those.

<output>/plan.json         what every fold shares, and which sources each leaves out
<output>/<n>/checkpoint    the model of fold n; a fold is done when its train.json is there
<output>/folds.json        what was found
"""

from pathlib import Path

import msgspec
import torch
from rich.console import Console

from models.encode import Encoder
from models.errors import ModelError
from models.put import put
from models.training.corpus.build import build_corpus, is_dev
from models.training.corpus.mix import MIXES, Example
from models.training.corpus.sources import Data
from models.training.evaluate.grid import draw
from models.training.evaluate.ranked import folds
from models.training.evaluate.rows import held_out_sets
from models.training.export.record import read_record
from models.training.finetune.base import SPEC, base_folder, build_tokenizer
from models.training.finetune.settings import TrainSettings
from models.training.finetune.teacher import teacher_logits
from models.training.finetune.train import CHECKPOINT, train
from models.training.folds.lines import Folds, Scores, fold_lines
from models.training.folds.plan import Plan, digest, divide, settle
from models.training.terminal import terminal

FOUND = "folds.json"
# Each fold has its own, they say where rather than how, or no fold has any: a teacher has seen what a fold leaves out.
_NOT_SHARED = ("data", "output", "start", "keep", "teachers", "distil")
# What train.json records of a stage; one from before there were the last three did without.
_RECORDED = ("mix", "epochs", "batch", "learning_rate", "seed", "r_drop", "adversarial", "average")
_WITHOUT = {"r_drop": 0.0, "adversarial": 0.0, "average": 0.0}


class CrossSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`stage` is how every fold is trained, from the base; its output is the folder of all of them.

    `trained` is a checkpoint to set beside them, of the same stage on all sources; `cap` the most rows of a source that
    are scored.
    """

    stage: TrainSettings
    folds: int = 5
    trained: Path | None = None
    cap: int = 500


def crossvalidate(settings: CrossSettings, console: Console | None = None) -> Path:
    """Train what is not trained yet, measure, print a table and return the file that holds it.

    Raises ModelError for folds that cannot be, for an output that holds something else and for a checkpoint that cannot
    be read or is of another stage, and OSError for missing data.
    """
    console = console or terminal(stderr=True)
    stage = settings.stage
    known = _sources_of(settings.trained, stage) if settings.trained else ()
    corpus = build_corpus(stage.data, stage.seed, stage.limit, MIXES[stage.mix])
    rows = [*corpus.train, *corpus.dev]
    plan = Plan(_shared(stage), digest(rows), divide(rows, settings.folds, stage.seed))
    settle(stage.output, plan)
    checkpoints: list[Path] = []
    for number, sources in enumerate(plan.folds, 1):
        said = f"fold {number} of {settings.folds}: without {', '.join(sources)}"
        console.print(said, highlight=False, soft_wrap=True)
        fold = stage.output / str(number)
        if not (fold / CHECKPOINT / "train.json").exists():
            train(msgspec.structs.replace(stage, output=fold), sources)
        checkpoints.append(fold / CHECKPOINT)

    encoder = Encoder(build_tokenizer(base_folder()), SPEC)
    found = Folds(
        stage=plan.stage,
        folds=plan.folds,
        trained=str(settings.trained) if settings.trained else None,
        cap=settings.cap,
        lines=[],
    )
    for number, (checkpoint, sources) in enumerate(zip(checkpoints, plan.folds, strict=True), 1):
        chosen = with_windows(measured_rows(stage.data, sources, settings.cap, stage.seed), encoder)
        with console.status(f"scoring fold {number} of {settings.folds}"):
            left_out = teacher_logits(checkpoint, chosen, encoder, torch.float32)
            trained = teacher_logits(settings.trained, chosen, encoder, torch.float32) if settings.trained else None
        found.lines.extend(fold_lines(number, chosen, Scores(left_out, trained, known)))
    file = stage.output / FOUND
    put(file, msgspec.json.format(msgspec.json.encode(found)).decode() + "\n")
    draw(folds(found), console)
    return file


def measured_rows(data: Data, sources: tuple[str, ...], cap: int, seed: int) -> list[Example]:
    """Return at most `cap` rows of each source, at its word and our annotators'; first those on the dev side."""
    return [
        example
        for each in held_out_sets(data, None, seed, frozenset(sources))
        for example in sorted(each.examples, key=lambda example: not is_dev(example.group))[:cap]
    ]


def with_windows(found: list[Example], encoder: Encoder) -> list[Example]:
    """Return the rows that a model can read: of accents without letters a tokenizer leaves nothing."""
    encoded = encoder.encode([example.item for example in found])
    return [example for example, each in zip(found, encoded, strict=True) if each.windows]


def _sources_of(trained: Path, stage: TrainSettings) -> tuple[str, ...]:
    """Return what a checkpoint was trained on. Raises ModelError where more than the sources sets it apart."""
    raw, record = read_record(trained)
    wanted = {"before": None, "taught_by": [], **{name: getattr(stage, name) for name in _RECORDED}}
    found = _WITHOUT | raw
    if differ := [name for name, value in wanted.items() if found.get(name, value) != value]:
        raise ModelError(f"{trained} is of a stage with other {', '.join(differ)}: it cannot be set beside these folds")
    return record.all_sources


def _shared(stage: TrainSettings) -> dict[str, object]:
    return {name: value for name, value in msgspec.structs.asdict(stage).items() if name not in _NOT_SHARED}
