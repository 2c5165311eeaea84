"""One stage of training: the base, or what a stage before made of it, goes on with the rows of a mix.

corpus -> windows -> transformers.Trainer (classifier.py, or pretrain.py for masked words)
    -> <output>/checkpoint (model, tokenizer.json, train.json)
"""

import hashlib
import time
from collections.abc import Collection
from pathlib import Path

import msgspec
import torch
from transformers import TrainingArguments

from models.encode import Encoder
from models.errors import ModelError
from models.training.corpus.build import build_corpus, training_set
from models.training.corpus.mix import MIXES, Example, Mix
from models.training.corpus.silver import silver
from models.training.finetune.base import SPEC, base_folder, build_tokenizer
from models.training.finetune.classifier import average_into, classifying, has_head
from models.training.finetune.collapse import rank_of
from models.training.finetune.pretrain import reading
from models.training.finetune.recorded import RECORD, recorded
from models.training.finetune.resume import LAST_WRITTEN, forget, resumable
from models.training.finetune.settings import TrainSettings
from models.training.finetune.steady import AVERAGE, Average
from models.training.finetune.teacher import mean_logits

CHECKPOINT = "checkpoint"
# A stage that is broken off loses at most so many.
SAVE_STEPS = 250
# What says something of outputs, which a model that fills in words has none of.
_OF_LABELS = ("teachers", "keep", "r_drop", "adversarial")


def train(settings: TrainSettings, left_out: Collection[str] = ()) -> Path:
    """Train, on nothing of the sources `left_out`, and return the checkpoint's folder.

    A stage that was broken off goes on from what it kept.

    Raises OSError when the data folder lacks a needed file, ModelError where a start or a teacher is needed that is
    not given, is no checkpoint or has not learned any output, and for a setting that the mix cannot follow.
    """
    began = time.time()
    mix, folder = MIXES[settings.mix], settings.start or base_folder()
    _check(settings, mix)
    corpus = build_corpus(settings.data, settings.seed, settings.limit, mix, left_out)
    tokenizer = build_tokenizer(base_folder())
    encoder = Encoder(tokenizer, SPEC)
    if corpus.unread:
        said = mean_logits(settings.teachers or (folder,), corpus.unread, encoder)
        corpus.train.extend(silver(corpus.unread, said, corpus.read))
    examples = training_set(corpus, mix, settings.seed)
    torch.manual_seed(settings.seed)
    trainer = (reading if mix.masked else classifying)(settings, folder, examples, encoder, _arguments(settings))
    if settings.average:
        trainer.add_callback(Average(trainer.model, settings.average))
    last_written = AVERAGE if settings.average else LAST_WRITTEN
    trainer.train(resume_from_checkpoint=resumable(settings.output, _stage(settings, examples), last_written))
    model = trainer.model.bert if mix.masked else trainer.model
    if settings.start and settings.keep:
        average_into(model, settings.start, settings.keep)
    checkpoint = settings.output / CHECKPOINT
    model.save_pretrained(checkpoint)
    tokenizer.save(str(checkpoint / "tokenizer.json"))
    record = recorded(settings, corpus, examples, began)
    if not mix.masked:
        record["effective_rank"] = round(rank_of(model, encoder, corpus.dev), 1)
    (checkpoint / RECORD).write_bytes(msgspec.json.format(msgspec.json.encode(record)))
    forget(settings.output)
    return checkpoint


def _check(settings: TrainSettings, mix: Mix) -> None:
    learned_from = mix.student or (mix.unread > 0 and not settings.teachers)
    if learned_from and not settings.start:
        raise ModelError(f"the rows of the mix {mix.name} need a teacher: give the checkpoint to start from")
    if mix.masked and (unfit := [name for name in _OF_LABELS if getattr(settings, name)]):
        raise ModelError(f"the mix {mix.name} reads no labels: leave out {', '.join(unfit)}")
    if settings.keep and (mix.student or not settings.start):
        why = "a student is no average with its start" if mix.student else "there is no start: give its checkpoint"
        raise ModelError(f"nothing can be kept: {why}")
    for folder in (*settings.teachers, *([settings.start] if settings.start else [])):
        if not (folder / RECORD).is_file():
            raise ModelError(f"{folder} is no checkpoint of tidegate train: it has no {RECORD}")
    for folder in settings.teachers:
        if not has_head(folder):
            raise ModelError(f"{folder} teaches nothing: it has learned no output")
    if settings.start and (settings.keep or learned_from) and not has_head(settings.start):
        raise ModelError(f"{settings.start} has learned no output: nothing of it can be kept, and it labels no rows")


def _stage(settings: TrainSettings, examples: list[Example]) -> bytes:
    """Return what must be the same for a stage that was broken off to be gone on with."""
    given = msgspec.to_builtins(settings, enc_hook=str)
    rows = hashlib.sha256("\n".join(example.id for example in examples).encode()).hexdigest()
    return msgspec.json.encode(given | {"rows": rows})


def _arguments(settings: TrainSettings) -> TrainingArguments:
    return TrainingArguments(
        output_dir=str(settings.output),
        num_train_epochs=settings.epochs,
        max_steps=settings.max_steps,
        per_device_train_batch_size=settings.batch,
        learning_rate=settings.learning_rate,
        warmup_ratio=0.06,
        weight_decay=0.01,
        bf16=settings.bf16,
        use_cpu=not torch.cuda.is_available(),
        group_by_length=True,
        remove_unused_columns=False,
        save_steps=SAVE_STEPS,
        save_total_limit=1,
        logging_steps=100,
        report_to=[],
        seed=settings.seed,
    )
