"""train.json: what a checkpoint says of its training, of every stage before it and of its teachers."""

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
        "before": _record(settings.start) if settings.start else None,
        "taught_by": [_record(each) for each in settings.teachers],
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
        "distil": settings.distil if settings.teachers else 0.0,
        "seed": settings.seed,
        "seconds": round(time.time() - began),
    }


def _record(checkpoint: Path) -> object:
    """Return the record of a checkpoint that was learned from, so that a bundle names all it came from."""
    record: object = msgspec.json.decode((checkpoint / RECORD).read_bytes())
    return record
