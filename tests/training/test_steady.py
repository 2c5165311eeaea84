"""What may keep an encoder from learning its rows by heart."""

import pytest
import torch
from safetensors.numpy import load_file

from models.training.finetune.loss import MaskedTrainer
from models.training.finetune.settings import TrainSettings
from models.training.finetune.steady import adversarial, apart
from models.training.finetune.train import train
from tests.training.small import sources, write_data

pytestmark = pytest.mark.train


def divergence(p: torch.Tensor, q: torch.Tensor) -> torch.Tensor:
    """Return the Kullback-Leibler divergence of Bernoulli distributions, as its definition has it."""
    return p * (p / q).log() + (1 - p) * ((1 - p) / (1 - q)).log()


def test_two_passes_are_as_far_apart_as_their_divergences_say():
    one, two = torch.tensor([[0.3, -2.0], [1.5, 4.0]]), torch.tensor([[0.1, 1.0], [1.5, -3.0]])
    p, q = one.sigmoid(), two.sigmoid()
    wanted = (divergence(p, q) + divergence(q, p)).sum() / 2 / 2
    assert float(apart(one, two)) == pytest.approx(float(wanted), rel=1e-5)
    assert float(apart(one, one)) == 0


def test_words_are_moved_along_their_gradient_and_put_back():
    words = torch.nn.Embedding(5, 3)
    before = words.weight.detach().clone()
    words(torch.tensor([1, 3])).pow(2).sum().backward()
    with adversarial(words, 0.5):
        moved = words.weight.detach() - before
        assert float(moved.norm()) == pytest.approx(0.5, rel=1e-4)
        assert float((moved * words.weight.grad).sum()) > 0
        assert not moved[[0, 2, 4]].any()
    assert torch.equal(words.weight, before)


def test_without_a_gradient_words_stay():
    words = torch.nn.Embedding(2, 2)
    words.weight.grad = torch.zeros_like(words.weight)
    before = words.weight.detach().clone()
    with adversarial(words, 1.0):
        assert torch.equal(words.weight, before)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_data(tmp_path_factory.mktemp("data"), sources())


@pytest.fixture(scope="module")
def plain(data, tmp_path_factory):
    return weights(data, tmp_path_factory.mktemp("plain"))


def weights(data, output, **changes):
    settings = TrainSettings(data=data, output=output, batch=4, max_steps=3, bf16=False, **changes)
    return load_file(train(settings) / "model.safetensors")


@pytest.mark.parametrize("changes", [{"r_drop": 1.0}, {"adversarial": 1.0}], ids=["r_drop", "adversarial"])
def test_a_step_is_two_passes(data, plain, tmp_path, monkeypatch, changes):
    passes = []
    judged = MaskedTrainer.judged
    monkeypatch.setattr(MaskedTrainer, "judged", lambda *given: passes.append(1) or judged(*given))
    found = weights(data, tmp_path, **changes)
    assert len(passes) == 6
    assert any((found[name] != weight).any() for name, weight in plain.items())


def test_an_average_lies_between_the_weights_it_is_of(data, plain, tmp_path):
    """With a decay of 1 the average stays at what the first step left; with one of nearly 0 it is the last weights."""
    first = weights(data, tmp_path / "first", average=1.0)
    last = weights(data, tmp_path / "last", average=1e-12)
    head = "classifier.weight"
    assert (abs(last[head] - plain[head]) < 1e-6).all()
    assert (abs(first[head] - plain[head]) > 1e-4).any()
