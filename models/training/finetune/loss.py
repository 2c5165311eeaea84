"""The stock trainer with a loss that leaves out what nobody judged, and a head that learns faster than the encoder."""

from typing import Any

import torch
from transformers import Trainer

from models.training.finetune.distil import Teachers
from models.training.finetune.steady import adversarial, apart

# The head starts from nothing and the encoder does not: at one rate for both, either the head crawls or the encoder
# forgets. Ten times is where the categories came apart soonest (see head.py).
HEAD_RATE = 10.0
# What `unsafe` and `attack` count beside a category: there are 23 of those, and every verdict reads these two.
OVERALL = 2.0
_HEAD = ("pooler.", "classifier.")
_NO_DECAY = ("bias", "LayerNorm.weight")


class MaskedTrainer(Trainer):  # type: ignore[misc]  # transformers is untyped here
    """Masked, weighted binary cross-entropy. `positive_weight` is what a positive counts beside a negative.

    `r_drop` is what the disagreement of two passes counts beside it, `adversarial` how far the words of a further pass
    are moved; without them a step is one pass. `teachers` say their word beside the labels.
    """

    positive_weight = 1.0
    head_rate = HEAD_RATE
    r_drop = 0.0
    adversarial = 0.0
    teachers: Teachers | None = None

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Return the loss summed over a row's judged outputs, as a mean over the rows of the batch."""
        labels, weights = inputs.pop("labels"), inputs.pop("weights")
        if self.teachers:
            labels, weights = self.teachers.targets(inputs, labels, weights)
        outputs = model(**inputs)
        logits = outputs.logits.float()
        loss = self.judged(logits, labels, weights)
        if self.r_drop:
            again = model(**inputs).logits.float()
            loss = (loss + self.judged(again, labels, weights)) / 2.0 + self.r_drop * apart(logits, again)
        return (loss, outputs) if return_outputs else loss

    def judged(self, logits: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Return the cross-entropy of what was judged, as a mean over the rows; all are (rows, outputs)."""
        each = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
        boost = 1.0 + (self.positive_weight - 1.0) * labels
        boost[:, -2:] *= OVERALL
        return (each * weights * boost).sum() / len(labels)

    def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> Any:
        """Return the loss, its gradient taken; with `adversarial`, that of the moved words added."""
        loss = super().training_step(model, inputs, num_items_in_batch)
        if self.adversarial:
            with adversarial(model.get_input_embeddings(), self.adversarial):
                super().training_step(model, inputs, num_items_in_batch)
        return loss

    def create_optimizer(self) -> Any:
        """Return AdamW with the head at `head_rate` times the learning rate, and no decay on biases and norms."""
        groups: dict[tuple[bool, bool], list[Any]] = {}
        for name, weight in self.model.named_parameters():
            key = any(part in name for part in _HEAD), name.endswith(_NO_DECAY)
            groups.setdefault(key, []).append(weight)
        self.optimizer = torch.optim.AdamW(
            {
                "params": found,
                "lr": self.args.learning_rate * (self.head_rate if head else 1.0),
                "weight_decay": 0.0 if plain else self.args.weight_decay,
            }
            for (head, plain), found in groups.items()
        )
        return self.optimizer
