"""Fine-tune the base as a standard Hugging Face multi-label sequence classifier with masked soft labels.

corpus -> windows -> transformers.Trainer -> <output>/checkpoint (model, tokenizer.json, train.json)
"""

import hashlib
import time
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from transformers import AutoModelForSequenceClassification, TrainingArguments

from models.encode import Encoder
from models.errors import ModelError
from models.outputs import OUTPUTS
from models.training.corpus.build import Corpus, build_corpus, stack, training_set
from models.training.corpus.mix import MIXES, Example
from models.training.corpus.plant import PLANTED
from models.training.corpus.silver import silver
from models.training.corpus.sources import Data
from models.training.finetune.base import BASE_NAME, SPEC, base_folder, build_tokenizer
from models.training.finetune.collapse import effective_rank
from models.training.finetune.head import new_head
from models.training.finetune.loss import MaskedTrainer
from models.training.finetune.resume import forget, resumable
from models.training.finetune.student import new_student
from models.training.finetune.teacher import teacher_logits
from models.training.finetune.windows import Windows, collate

CHECKPOINT = "checkpoint"
_RANK_TEXTS = 200
# To draw what attention drops is the dearest part of a step on a CPU; without it, plain attention is quicker there than
# the fused one (tests/bench/attention.py).
ATTENTION = {"attn_implementation": "eager", "attention_probs_dropout_prob": 0.0}
# A stage that is broken off loses at most so many.
SAVE_STEPS = 250


class TrainSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One stage. `learning_rate` is the peak of a linear warm-up and decay; `limit` caps rows a source.

    Where `mix` is for a student, a small model (student.py) is trained on the word of `start`, which is left as it is.

    `start` is the checkpoint of the stage before; without it the packaged base is the start. `keep` is the share
    (0..1) of the start's weights in the result: an average of both ranks better than either where the second
    stage's rows are few (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").
    """

    data: Data
    output: Path
    mix: str = "broad"
    start: Path | None = None
    keep: float = 0.0
    epochs: float = 1.0
    batch: int = 32
    learning_rate: float = 2e-4
    seed: int = 1
    bf16: bool = True
    limit: int | None = None
    max_steps: int = -1


def train(settings: TrainSettings, left_out: Collection[str] = ()) -> Path:
    """Train, on nothing of the sources `left_out`, and return the checkpoint's folder.

    A stage that was broken off goes on from what it kept.

    Raises OSError when the data folder lacks a needed file, ModelError where a teacher is needed and none given.
    """
    began = time.time()
    mix = MIXES[settings.mix]
    if mix.unread and not settings.start:
        raise ModelError(f"the rows of the mix {mix.name} need a teacher: give the checkpoint to start from")
    corpus = build_corpus(settings.data, settings.seed, settings.limit, mix, left_out)
    folder = settings.start or base_folder()
    tokenizer = build_tokenizer(base_folder())
    encoder = Encoder(tokenizer, SPEC)
    if corpus.unread:
        corpus.train.extend(silver(corpus.unread, teacher_logits(folder, corpus.unread, encoder), corpus.read))
    examples = training_set(corpus, mix, settings.seed)
    torch.manual_seed(settings.seed)
    model = new_student(folder) if mix.student else pretrained(folder)
    if mix.student or not settings.start:
        new_head(model, stack(examples), mix.positive_weight)
    trainer = MaskedTrainer(
        model=model,
        args=_arguments(settings),
        train_dataset=Windows(examples, encoder),
        data_collator=collate,
    )
    trainer.positive_weight = mix.positive_weight
    if mix.student:
        trainer.head_rate = 1.0  # nothing in it is older than its head
    trainer.train(resume_from_checkpoint=resumable(settings.output, _stage(settings, examples)))
    if settings.start and settings.keep and not mix.student:
        average_into(model, settings.start, settings.keep)
    checkpoint = settings.output / CHECKPOINT
    trainer.save_model(str(checkpoint))
    tokenizer.save(str(checkpoint / "tokenizer.json"))
    record = _record(settings, corpus, examples, began) | {
        "effective_rank": round(_rank(model, encoder, corpus.dev), 1)
    }
    (checkpoint / "train.json").write_bytes(msgspec.json.format(msgspec.json.encode(record)))
    forget(settings.output)
    return checkpoint


def pretrained(folder: Path, **attention: Any) -> Any:
    """Return the classifier in `folder`; `attention` is what its configuration says of that, else how it is trained."""
    return AutoModelForSequenceClassification.from_pretrained(
        folder,
        num_labels=len(OUTPUTS),
        id2label=dict(enumerate(OUTPUTS)),
        label2id={name: i for i, name in enumerate(OUTPUTS)},
        problem_type="multi_label_classification",
        **(attention or ATTENTION),
    )


def average_into(model: Any, start: Path, keep: float) -> None:
    """Replace the weights of `model` by keep * start + (1 - keep) * model."""
    before = AutoModelForSequenceClassification.from_pretrained(start).state_dict()
    after = model.state_dict()
    model.load_state_dict({name: keep * before[name] + (1.0 - keep) * weight for name, weight in after.items()})


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


def _record(settings: TrainSettings, corpus: Corpus, examples: list[Example], began: float) -> dict[str, object]:
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
        "seed": settings.seed,
        "seconds": round(time.time() - began),
    }


def _rank(model: Any, encoder: Encoder, dev: list[Example]) -> float:
    """Return the effective rank of the pooled output over some dev texts; see collapse.py."""
    windows = [each.windows[0] for each in encoder.encode([e.item for e in dev[:_RANK_TEXTS]]) if each.windows]
    if not windows:
        return 0.0
    model.eval()
    with torch.no_grad():
        rows = [
            model.bert(
                input_ids=torch.tensor([w.ids], device=model.device),
                token_type_ids=torch.tensor([w.segments], device=model.device),
            ).pooler_output[0]
            for w in windows
        ]
    return effective_rank(np.stack([row.float().cpu().numpy() for row in rows]))


def _before(start: Path | None) -> object:
    """Return the record of the stage before, so that a bundle names every stage."""
    record: object = msgspec.json.decode((start / "train.json").read_bytes()) if start else None
    return record
