"""Fine-tune the base as a standard Hugging Face multi-label sequence classifier with masked soft labels.

corpus -> windows -> transformers.Trainer -> <output>/checkpoint (model, tokenizer.json, train.json)
"""

import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import torch
from torch.utils.data import Dataset
from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments

from models.encode import Encoder
from models.outputs import OUTPUTS
from models.training.base import BASE_NAME, SPEC, base_folder, build_tokenizer
from models.training.collapse import effective_rank
from models.training.corpus import Corpus, build_corpus
from models.training.mix import MIXES, Example

CHECKPOINT = "checkpoint"
_RANK_TEXTS = 200


class TrainSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One stage. `learning_rate` is the peak of a linear warm-up and decay; `limit` caps rows a source.

    `start` is the checkpoint of the stage before; without it the packaged base is the start. `keep` is the share
    (0..1) of the start's weights in the result: an average of both ranks better than either where the second
    stage's rows are few (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").
    """

    data: Path
    output: Path
    mix: str = "broad"
    start: Path | None = None
    keep: float = 0.0
    epochs: float = 1.0
    batch: int = 32
    # At 1.5e-4 the encoder collapses: the pooled output of 200 dev texts keeps an effective rank of 2, not 84.
    learning_rate: float = 5e-5
    seed: int = 1
    bf16: bool = True
    limit: int | None = None
    max_steps: int = -1


class Windows(Dataset[dict[str, Any]]):  # type: ignore[misc]  # torch is absent where types are checked
    """One window an example, as the collator wants it."""

    def __init__(self, found: list[Example], encoder: Encoder) -> None:
        encoded = encoder.encode([example.item for example in found])
        self._rows = [
            {
                "input_ids": list(window.ids),
                "token_type_ids": list(window.segments),
                "labels": example.targets[0],
                "weights": example.targets[1],
            }
            for example, each in zip(found, encoded, strict=True)
            if each.windows
            for window in [each.windows[_window(example.position, len(each.windows))]]
        ]

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self._rows[index]


class MaskedTrainer(Trainer):  # type: ignore[misc]  # transformers is untyped here
    """The stock trainer with a loss that leaves out what nobody judged."""

    positive_weight = 1.0

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Return the weighted mean binary cross-entropy over the judged outputs of the batch."""
        labels, weights = inputs.pop("labels"), inputs.pop("weights")
        outputs = model(**inputs)
        each = torch.nn.functional.binary_cross_entropy_with_logits(outputs.logits.float(), labels, reduction="none")
        # A row that was judged on every output must not count 25 times one that was judged on one: root of the count.
        judged = weights.sum(dim=1, keepdim=True).clamp(min=1.0)
        boost = 1.0 + (self.positive_weight - 1.0) * labels
        loss = (each * weights * boost / judged.sqrt()).sum() / len(labels)
        return (loss, outputs) if return_outputs else loss


def train(settings: TrainSettings) -> Path:
    """Train and return the checkpoint's folder. Raises OSError when the data folder lacks a needed file."""
    began = time.time()
    mix = MIXES[settings.mix]
    corpus = build_corpus(settings.data, settings.seed, settings.limit, mix)
    folder = settings.start or base_folder()
    tokenizer = build_tokenizer(base_folder())
    encoder = Encoder(tokenizer, SPEC)
    torch.manual_seed(settings.seed)
    model = AutoModelForSequenceClassification.from_pretrained(
        folder,
        num_labels=len(OUTPUTS),
        id2label=dict(enumerate(OUTPUTS)),
        label2id={name: i for i, name in enumerate(OUTPUTS)},
        problem_type="multi_label_classification",
    )
    trainer = MaskedTrainer(
        model=model,
        args=_arguments(settings),
        train_dataset=Windows(corpus.train, encoder),
        data_collator=collate,
    )
    trainer.positive_weight = mix.positive_weight
    trainer.train()
    if settings.start and settings.keep:
        average_into(model, settings.start, settings.keep)
    checkpoint = settings.output / CHECKPOINT
    trainer.save_model(str(checkpoint))
    tokenizer.save(str(checkpoint / "tokenizer.json"))
    record = _record(settings, corpus, began) | {"effective_rank": round(_rank(model, encoder, corpus.dev), 1)}
    (checkpoint / "train.json").write_bytes(msgspec.json.format(msgspec.json.encode(record)))
    return checkpoint


def average_into(model: Any, start: Path, keep: float) -> None:
    """Replace the weights of `model` by keep * start + (1 - keep) * model."""
    before = AutoModelForSequenceClassification.from_pretrained(start).state_dict()
    after = model.state_dict()
    model.load_state_dict({name: keep * before[name] + (1.0 - keep) * weight for name, weight in after.items()})


def collate(rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
    """Pad a batch to its longest row: ids, mask and segments (rows, tokens); labels and weights (rows, outputs)."""
    longest = max(len(row["input_ids"]) for row in rows)
    ids, mask, segments = (torch.zeros(len(rows), longest, dtype=torch.long) for _ in range(3))
    for i, row in enumerate(rows):
        n = len(row["input_ids"])
        ids[i, :n] = torch.tensor(row["input_ids"])
        mask[i, :n] = 1
        segments[i, :n] = torch.tensor(row["token_type_ids"])
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "token_type_ids": segments,
        "labels": torch.from_numpy(np.stack([row["labels"] for row in rows])),
        "weights": torch.from_numpy(np.stack([row["weights"] for row in rows])),
    }


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
        save_steps=500,
        save_total_limit=1,
        logging_steps=100,
        report_to=[],
        seed=settings.seed,
    )


def _record(settings: TrainSettings, corpus: Corpus, began: float) -> dict[str, object]:
    """Return what a bundle says of its training."""
    return {
        "base": BASE_NAME,
        "mix": settings.mix,
        "kept": settings.keep,
        "before": _before(settings.start),
        "rows": len(corpus.train),
        "sources": sorted({example.source for example in corpus.train}),
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


def _window(position: str, count: int) -> int:
    return {"start": 0, "middle": count // 2, "end": count - 1}.get(position, 0)
