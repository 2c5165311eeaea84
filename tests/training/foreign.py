"""Tiny sequence classifiers of other families, as their makers would leave them in a folder: random, and whole.

Their weights are large for their size, so that texts differ in score by more than rounding.
"""

import json
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    AutoModelForSequenceClassification,
    BertConfig,
    DebertaConfig,
    DebertaV2Config,
    ModernBertConfig,
    PreTrainedTokenizerFast,
    RobertaConfig,
)

from models.training.export.golden import golden_texts
from models.training.export.graph import quiet

LABELS = ("toxic", "severe_toxic", "threat", "insult", "fine")
FAMILIES = ("bert", "roberta", "deberta", "deberta-v2", "modernbert")
_BERT_TOKENS = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
_ROBERTA_TOKENS = {"cls": "<s>", "pad": "<pad>", "sep": "</s>", "unk": "<unk>", "mask": "<mask>"}
_SIZE = 600
_SMALL: dict[str, Any] = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64,
    "hidden_dropout_prob": 0.0, "initializer_range": 0.3,
}  # fmt: skip
_DISENTANGLED: dict[str, Any] = {
    "relative_attention": True, "position_biased_input": False, "pos_att_type": ["p2c", "c2p"], "type_vocab_size": 0,
}  # fmt: skip


def foreign(folder: Path, family: str, labels: tuple[str, ...] = LABELS, **changes: Any) -> Path:
    """Write a random classifier of a family into `folder`, `changes` being fields of its configuration."""
    fast = _tokenizer(family)
    named = {"id2label": dict(enumerate(labels)), "label2id": {name: i for i, name in enumerate(labels)}}
    ids = {"vocab_size": len(fast), "pad_token_id": fast.pad_token_id, "num_labels": len(labels)}
    torch.manual_seed(11)
    with quiet():  # the first DeBERTa uses what torch has deprecated
        model = AutoModelForSequenceClassification.from_config(_config(family, {**_SMALL, **ids, **named, **changes}))
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


def edit_json(path: Path, **changes: Any) -> None:
    """Replace top-level keys of a JSON file; None removes one."""
    data = {**json.loads(path.read_bytes()), **changes}
    path.write_text(json.dumps({key: value for key, value in data.items() if value is not None}))


def _config(family: str, fields: dict[str, Any]) -> Any:
    match family:
        case "bert":
            return BertConfig(**fields)
        case "roberta":
            return RobertaConfig(**{"max_position_embeddings": 514, "type_vocab_size": 1, **fields})
        case "deberta":
            return DebertaConfig(**_DISENTANGLED, **{**fields, "num_hidden_layers": 1})
        case "deberta-v2":
            shared = {"position_buckets": 16, "norm_rel_ebd": "layer_norm", "share_att_key": True}
            return DebertaV2Config(**_DISENTANGLED, **shared, **{**fields, "num_hidden_layers": 1})
        case _:
            del fields["hidden_dropout_prob"]
            # The third layer looks all over the window, the others at sixteen tokens.
            return ModernBertConfig(**{"local_attention": 16, **fields, "num_hidden_layers": 3})


def _tokenizer(family: str) -> PreTrainedTokenizerFast:
    """Train a tokenizer of the family's kind on the golden texts."""
    words = _ROBERTA_TOKENS if family == "roberta" else _BERT_TOKENS
    special = list(words.values())
    if family == "bert":
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer: Any = trainers.WordPieceTrainer(vocab_size=_SIZE, special_tokens=special, show_progress=False)
    elif family == "deberta-v2":
        tokenizer = Tokenizer(models.Unigram())
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        trainer = trainers.UnigramTrainer(
            vocab_size=_SIZE, special_tokens=special, unk_token="[UNK]", show_progress=False
        )
    else:
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=_SIZE, special_tokens=special, initial_alphabet=alphabet, show_progress=False
        )
    tokenizer.train_from_iterator([each.text for each in golden_texts()], trainer)
    cls, sep = ((words[name], tokenizer.token_to_id(words[name])) for name in ("cls", "sep"))
    if family == "roberta":
        tokenizer.post_processor = processors.RobertaProcessing(sep, cls)
    else:
        second = 0 if family == "modernbert" else 1
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{cls[0]} $A {sep[0]}",
            pair=f"{cls[0]} $A {sep[0]} $B:{second} {sep[0]}:{second}",
            special_tokens=[cls, sep],
        )
    # As their makers save them: cut at a length that would lose text in silence.
    tokenizer.enable_truncation(64)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **{f"{name}_token": word for name, word in words.items()}
    )
