"""Where the head of a fresh classifier starts."""

import numpy as np
import pytest

from models.training.finetune.head import base_rates, new_head

pytestmark = pytest.mark.train

VALUES = np.array([[1, 0], [0, 0], [0, 1], [0, 1]], dtype=np.float32)


def test_a_base_rate_is_the_share_of_positives_among_the_judged() -> None:
    judged = np.array([[1, 1], [1, 1], [1, 0], [1, 1]], dtype=np.float32)
    assert base_rates((VALUES, judged), 1.0) == pytest.approx([1 / 4, 1 / 3])


def test_a_positive_counts_as_often_as_the_loss_counts_it() -> None:
    assert base_rates((VALUES, np.ones_like(VALUES)), 3.0) == pytest.approx([3 / 6, 6 / 8])


def test_an_output_nobody_judged_has_a_finite_start() -> None:
    rates = base_rates((VALUES, np.zeros_like(VALUES)), 1.0)
    assert np.isfinite(np.log(rates / (1 - rates))).all()


def test_a_fresh_head_says_the_base_rates_and_reads_the_text() -> None:
    torch = pytest.importorskip("torch")
    from transformers import BertConfig, BertForSequenceClassification

    sizes = {"vocab_size": 50, "hidden_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = BertForSequenceClassification(BertConfig(**sizes, intermediate_size=32, num_labels=2)).eval()
    torch.nn.init.zeros_(model.bert.pooler.dense.weight)
    torch.nn.init.zeros_(model.classifier.weight)
    new_head(model, (VALUES, np.ones_like(VALUES)), 1.0)
    ids = torch.tensor([[1, 2, 3], [4, 5, 6]])
    with torch.no_grad():
        assert torch.sigmoid(model(ids).logits).numpy() == pytest.approx(np.array([[1 / 4, 1 / 2]] * 2), abs=1e-4)
        first, second = model.bert(ids).pooler_output
    assert not torch.allclose(first, second)
