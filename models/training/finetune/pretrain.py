"""Reading before judging: masked language modelling goes on, on texts without their labels.

Gururangan et al. 2020, "Don't stop pretraining". Its head, a guess at each masked word, is new and thrown away.
"""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch.utils.data import Dataset
from transformers import (
    AutoModelForMaskedLM,
    DataCollatorForLanguageModeling,
    PreTrainedTokenizerFast,
    Trainer,
    TrainingArguments,
)

from models.encode import Encoder
from models.training.corpus.mix import Example
from models.training.finetune.base import base_folder, build_tokenizer
from models.training.finetune.settings import TrainSettings
from models.training.finetune.windows import Windows

# Of the tokens of a window; of those, most are masked and some replaced (Devlin et al. 2019, "BERT").
MASKED_SHARE = 0.15
_MARKS = {f"{name}_token": f"[{name.upper()}]" for name in ("mask", "pad", "cls", "sep", "unk")}
_READ = ("input_ids", "token_type_ids")


class Words(Dataset[dict[str, Any]]):  # type: ignore[misc]  # torch is absent where types are checked
    """The windows of examples without what is said of them."""

    def __init__(self, windows: Windows) -> None:
        self._windows = windows

    def __len__(self) -> int:
        return len(self._windows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return {name: self._windows[index][name] for name in _READ}


class WordTrainer(Trainer):  # type: ignore[misc]  # transformers is untyped here
    """Cross-entropy of the masked words alone: to guess all others as well is half of a step's work."""

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,  # noqa: ARG002  # the trainer's
    ) -> Any:
        """Return the mean over the masked words of a batch, 0 where none is."""
        labels = inputs.pop("labels")
        states = model.bert(**inputs).last_hidden_state
        masked = labels >= 0
        logits = model.cls(states[masked]).float()
        each = torch.nn.functional.cross_entropy(logits, labels[masked], reduction="sum")
        loss = each / masked.sum().clamp_min(1)
        return (loss, logits) if return_outputs else loss


def reading(
    settings: TrainSettings,  # noqa: ARG001  # as classifying() is called
    folder: Path,
    examples: list[Example],
    encoder: Encoder,
    arguments: TrainingArguments,
) -> WordTrainer:
    """Return what trains the encoder in `folder` to fill in the words of `examples`."""
    return WordTrainer(
        model=AutoModelForMaskedLM.from_pretrained(
            folder, attn_implementation="eager", attention_probs_dropout_prob=0.0
        ),
        args=arguments,
        train_dataset=Words(Windows(examples, encoder)),
        data_collator=masking(build_tokenizer(base_folder())),
    )


def masking(tokenizer: Tokenizer) -> DataCollatorForLanguageModeling:
    """Return what pads a batch and masks it; `labels` are (rows, tokens), negative where nothing is asked."""
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **_MARKS)
    return DataCollatorForLanguageModeling(fast, mlm_probability=MASKED_SHARE)
