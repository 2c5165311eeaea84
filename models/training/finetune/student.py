"""The nano tier: a BERT of two narrow layers that starts from what its teacher knows of words.

Its token, position and segment embeddings are the teacher's, projected on their main directions (a principal component
analysis without centring); the two layers and the head are new. It is trained on the same rows as the teacher, and on
more of those that only the teacher has labelled.
"""

from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSequenceClassification, BertConfig, BertForSequenceClassification

# 4.4 million parameters, of which 3.9 are token embeddings.
WIDTH = 128
LAYERS = 2
HEADS = 2
_EMBEDDINGS = ("word_embeddings", "position_embeddings", "token_type_embeddings")


def new_student(teacher: Path) -> Any:
    """Return a small classifier with the teacher's outputs, vocabulary and projected embeddings."""
    large = AutoModelForSequenceClassification.from_pretrained(teacher)
    config = BertConfig(
        vocab_size=large.config.vocab_size,
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=4 * WIDTH,
        max_position_embeddings=large.config.max_position_embeddings,
        type_vocab_size=large.config.type_vocab_size,
        num_labels=large.config.num_labels,
        id2label=large.config.id2label,
        label2id=large.config.label2id,
        problem_type=large.config.problem_type,
    )
    small = BertForSequenceClassification(config)
    theirs, ours = large.bert.embeddings, small.bert.embeddings
    words = theirs.word_embeddings.weight.detach()
    # The directions in which words differ most, scaled so that a word is about as long as a fresh layer expects.
    directions = torch.linalg.svd(words, full_matrices=False).Vh[: min(WIDTH, words.shape[1])]
    scale = config.initializer_range / (words @ directions.T).std()
    with torch.no_grad():
        for name in _EMBEDDINGS:
            projected = getattr(theirs, name).weight @ directions.T * scale
            getattr(ours, name).weight[:, : projected.shape[1]] = projected
    return small
