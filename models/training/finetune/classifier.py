"""A standard Hugging Face multi-label sequence classifier, and the trainer that learns masked soft labels with it."""

from pathlib import Path
from typing import Any

from transformers import AutoConfig, AutoModelForSequenceClassification, TrainingArguments

from models.encode import Encoder
from models.outputs import OUTPUTS
from models.training.corpus.build import stack
from models.training.corpus.mix import MIXES, Example
from models.training.finetune.distil import Teachers
from models.training.finetune.head import new_head
from models.training.finetune.loss import MaskedTrainer
from models.training.finetune.settings import TrainSettings
from models.training.finetune.student import new_student
from models.training.finetune.windows import Windows, collate

# To draw what attention drops is the dearest part of a step on a CPU; without it, plain attention is quicker there than
# the fused one (tests/bench/attention.py).
ATTENTION = {"attn_implementation": "eager", "attention_probs_dropout_prob": 0.0}


def classifying(
    settings: TrainSettings, folder: Path, examples: list[Example], encoder: Encoder, arguments: TrainingArguments
) -> MaskedTrainer:
    """Return what trains the classifier in `folder`, or a student of it, on `examples`; a head it lacks is made."""
    mix = MIXES[settings.mix]
    model = new_student(folder) if mix.student else pretrained(folder)
    if mix.student or not has_head(folder):
        new_head(model, stack(examples), mix.positive_weight)
    trainer = MaskedTrainer(
        model=model, args=arguments, train_dataset=Windows(examples, encoder), data_collator=collate
    )
    trainer.positive_weight = mix.positive_weight
    trainer.r_drop, trainer.adversarial = settings.r_drop, settings.adversarial
    if settings.teachers:
        trainer.teachers = Teachers(settings.teachers, settings.distil)
    if mix.student:
        trainer.head_rate = 1.0  # nothing in it is older than its head
    return trainer


def has_head(folder: Path) -> bool:
    """Tell whether a checkpoint has learned outputs; the packaged base and what has only read words have none."""
    names = AutoConfig.from_pretrained(folder).architectures or []
    return any(name.endswith("ForSequenceClassification") for name in names)


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
