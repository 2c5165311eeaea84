"""train.json: what a checkpoint says of its training, and of every stage before it."""

import time
from collections import Counter
from pathlib import Path

import msgspec

from models.training.corpus.build import Corpus
from models.training.corpus.mix import MIXES, Example
from models.training.corpus.plant import PLANTED
from models.training.finetune.base import BASE_NAME
from models.training.finetune.settings import TrainSettings

RECORD = "train.json"


def recorded(settings: TrainSettings, corpus: Corpus, examples: list[Example], began: float) -> dict[str, object]:
    """Return what a bundle says of its training."""
    return {
        "base": BASE_NAME,
        "mix": settings.mix,
        "kept": settings.keep,
        "student": MIXES[settings.mix].student,
        "before": _before(settings.start),
        "rows": len(examples),
        "silver": len({example.id for example in corpus.unread} & {example.id for example in examples}),
        "counts": dict(sorted(Counter(example.source for example in examples).items())),
        "sources": sorted({example.source for example in examples} - {PLANTED}),
        "held_out": sorted({example.source for example in corpus.held_out}),
        "epochs": settings.epochs,
        "batch": settings.batch,
        "learning_rate": settings.learning_rate,
        "r_drop": settings.r_drop,
        "adversarial": settings.adversarial,
        "average": settings.average,
        "teachers": len(settings.teachers),
        "distil": settings.distil if settings.teachers else 0.0,
        "seed": settings.seed,
        "seconds": round(time.time() - began),
    }


def _before(start: Path | None) -> object:
    """Return the record of the stage before, so that a bundle names every stage."""
    record: object = msgspec.json.decode((start / RECORD).read_bytes()) if start else None
    return record
