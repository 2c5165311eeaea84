"""Reading texts without their labels, and going on from what has only read."""

import msgspec
import pytest
import torch
from safetensors.numpy import load_file

from models.encode import Encoder
from models.errors import ModelError
from models.training.corpus.build import build_corpus
from models.training.corpus.mix import WORDS
from models.training.finetune.base import SPEC, base_folder, build_tokenizer
from models.training.finetune.classifier import has_head
from models.training.finetune.pretrain import Words, WordTrainer, masking
from models.training.finetune.settings import TrainSettings
from models.training.finetune.train import train
from models.training.finetune.windows import Windows
from tests.training.small import annotation, sources, write_data

pytestmark = pytest.mark.train
QUERY = "encoder.layer.0.attention.self.query.weight"


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    read = [annotation(f"stormfront_hate-{i}", ["hate"] if i % 2 else [], i % 2) for i in range(0, 180, 3)]
    return write_data(tmp_path_factory.mktemp("data"), sources(180), read)


@pytest.fixture(scope="module")
def read(data, tmp_path_factory):
    """What has read for three steps."""
    return train(settings(data, tmp_path_factory.mktemp("read"), mix="words", learning_rate=1e-3))


def weight(folder, name):
    return load_file(folder / "model.safetensors")[name]


def settings(data, output, **changes):
    return TrainSettings(**{"data": data, "output": output, "batch": 8, "max_steps": 3, "bf16": False} | changes)


def test_every_text_that_is_not_measured_on_is_read_once(data):
    corpus = build_corpus(data, seed=1, mix=WORDS)
    ids = [each.id for each in corpus.train]
    assert len(ids) == len(set(ids)) > 700
    assert not set(ids) & {each.id for side in (corpus.dev, corpus.held_out) for each in side}


def test_masked_words_are_asked_for_and_no_others(data):
    tokenizer = build_tokenizer(base_folder())
    rows = Words(Windows(build_corpus(data, seed=1, mix=WORDS).train[:200], Encoder(tokenizer, SPEC)))
    torch.manual_seed(1)
    batch = masking(tokenizer)([rows[i] for i in range(len(rows))])
    asked = batch["labels"] >= 0
    whole = torch.nn.utils.rnn.pad_sequence([torch.tensor(rows[i]["input_ids"]) for i in range(len(rows))], True)
    assert torch.equal(batch["labels"][asked], whole[asked])
    assert torch.equal(batch["input_ids"][~asked], whole[~asked])
    assert not asked[~batch["attention_mask"].bool()].any()
    assert 0.12 < float(asked.sum() / (whole > 103).sum()) < 0.18
    assert 0.7 < float((batch["input_ids"][asked] == tokenizer.token_to_id("[MASK]")).float().mean()) < 0.9


def test_a_batch_of_which_nothing_is_masked_costs_nothing(read):
    trainer = WordTrainer.__new__(WordTrainer)

    class Model:
        bert = staticmethod(lambda **_: type("Out", (), {"last_hidden_state": torch.zeros(1, 2, 4)}))
        cls = staticmethod(lambda states: states)

    loss = trainer.compute_loss(Model(), {"input_ids": torch.zeros(1, 2), "labels": torch.full((1, 2), -100)})
    assert float(loss) == 0


def test_what_has_read_is_an_encoder_with_other_weights_than_the_base(read):
    assert not has_head(read)
    assert not has_head(base_folder())
    assert abs(weight(read, QUERY) - weight(base_folder(), QUERY)).max() > 1e-4


def test_a_classifier_goes_on_from_it_with_a_head_of_its_own(data, read, tmp_path):
    later = train(settings(data, tmp_path, start=read, mix="focused", learning_rate=1e-9))
    assert has_head(later)
    assert abs(weight(later, f"bert.{QUERY}") - weight(read, QUERY)).max() < 1e-6
    record = msgspec.json.decode((later / "train.json").read_bytes())
    assert record["before"]["mix"] == "words"
    assert record["effective_rank"] > 1
    # Outputs start at the log-odds of their base rates, as from the packaged base.
    assert weight(later, "classifier.bias").min() < -1


@pytest.mark.parametrize("changes", [{"keep": 0.5}, {"mix": "silver"}, {"mix": "student"}], ids=str)
def test_what_has_only_read_is_no_teacher(data, read, tmp_path, changes):
    with pytest.raises(ModelError) as error:
        train(settings(data, tmp_path, start=read, **changes))
    assert str(error.value) == f"{read} has learned no output: nothing of it can be kept, and it labels no rows"


def test_teachers_must_have_learned(data, read, tmp_path):
    with pytest.raises(ModelError) as error:
        train(settings(data, tmp_path, teachers=(read,)))
    assert str(error.value) == f"{read} teaches nothing: it has learned no output"


@pytest.mark.parametrize("name", ["keep", "r_drop", "adversarial", "teachers"])
def test_words_take_nothing_that_is_of_labels(data, read, tmp_path, name):
    with pytest.raises(ModelError) as error:
        train(settings(data, tmp_path, mix="words", start=read, **{name: (read,) if name == "teachers" else 0.5}))
    assert str(error.value) == f"the mix words reads no labels: leave out {name}"


@pytest.mark.parametrize("name", ["start", "teachers"])
def test_what_was_not_trained_here_is_refused_before_hours_of_work(data, tmp_path, name):
    given = base_folder()
    with pytest.raises(ModelError) as error:
        train(settings(data, tmp_path, **{name: (given,) if name == "teachers" else given}))
    assert str(error.value) == f"{given} is no checkpoint of tidegate train: it has no train.json"
