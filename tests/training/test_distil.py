"""Learning from several checkpoints at once."""

import msgspec
import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification

from models.encode import Encoder
from models.errors import ModelError
from models.training.corpus.build import build_corpus
from models.training.corpus.silver import SILVER
from models.training.finetune import train as train_module
from models.training.finetune.base import SPEC, base_folder, build_tokenizer
from models.training.finetune.distil import Teachers
from models.training.finetune.loss import MaskedTrainer
from models.training.finetune.settings import TrainSettings
from models.training.finetune.teacher import mean_logits, teacher_logits
from models.training.finetune.train import train
from models.training.finetune.windows import Windows, collate
from tests.training.small import annotation, sources, write_data

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    read = [annotation(f"stormfront_hate-{i}", ["hate"] if i % 2 else [], i % 2) for i in range(0, 180, 3)]
    return write_data(tmp_path_factory.mktemp("data"), sources(180), read)


def settings(data, output, **changes):
    return TrainSettings(**{"data": data, "output": output, "batch": 8, "max_steps": 2, "bf16": False} | changes)


@pytest.fixture(scope="module")
def teachers(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("teachers")
    return tuple(train(settings(data, folder / str(seed), seed=seed, limit=20)) for seed in (1, 2))


@pytest.fixture(scope="module")
def encoder():
    return Encoder(build_tokenizer(base_folder()), SPEC)


def test_the_word_of_several_is_the_mean_of_their_logits(data, teachers, encoder):
    found = build_corpus(data, seed=1).train[:20]
    one, two = (teacher_logits(each, found, encoder) for each in teachers)
    assert np.abs(one - two).max() > 0.01
    assert mean_logits(teachers, found, encoder) == pytest.approx((one + two) / 2, abs=1e-5)


def test_labels_are_mixed_and_missing_ones_are_filled_in(data, teachers, encoder):
    found = [each for each in build_corpus(data, seed=1).train if not each.targets[1].all()][:12]
    batch = collate([Windows(found, encoder)[i] for i in range(len(found))])
    labels, weights = batch.pop("labels"), batch.pop("weights")
    values, counts = Teachers(teachers, 0.25).targets(batch, labels, weights)
    with torch.no_grad():
        said = [AutoModelForSequenceClassification.from_pretrained(each).eval()(**batch).logits for each in teachers]
    word = torch.stack(said).mean(dim=0).sigmoid()
    judged = weights > 0
    assert judged.any()
    assert not judged.all()
    torch.testing.assert_close(values[judged], 0.75 * labels[judged] + 0.25 * word[judged])
    torch.testing.assert_close(values[~judged], word[~judged])
    assert torch.equal(counts[judged], weights[judged])
    assert (counts[~judged] == 0.25 * SILVER).all()


def test_a_stage_with_teachers_learns_something_else_and_says_so(data, teachers, tmp_path, monkeypatch):
    seen = []
    judged = MaskedTrainer.judged

    def spied(trainer, logits, labels, weights):
        seen.append(bool((weights > 0).all()))
        return judged(trainer, logits, labels, weights)

    monkeypatch.setattr(MaskedTrainer, "judged", spied)
    checkpoint = train(settings(data, tmp_path, teachers=teachers, distil=0.5))
    record = msgspec.json.decode((checkpoint / "train.json").read_bytes())
    assert [each["seed"] for each in record["taught_by"]] == [1, 2]
    assert record["distil"] == 0.5
    assert seen == [True, True]


def test_unread_rows_are_labelled_by_the_teachers_where_there_are_some(data, teachers, tmp_path, monkeypatch):
    asked = []

    def spied(checkpoints, *given):
        asked.append(tuple(checkpoints))
        return mean_logits(checkpoints, *given)

    monkeypatch.setattr(train_module, "mean_logits", spied)
    train(settings(data, tmp_path / "taught", mix="silver", teachers=teachers))
    train(settings(data, tmp_path / "started", mix="silver", start=teachers[0]))
    assert asked == [teachers, teachers[:1]]


def test_a_student_needs_a_start_beside_its_teachers(data, teachers, tmp_path):
    with pytest.raises(ModelError) as error:
        train(settings(data, tmp_path, mix="student", teachers=teachers))
    assert str(error.value) == "the rows of the mix student need a teacher: give the checkpoint to start from"


def test_a_student_hears_its_teachers(data, teachers, tmp_path):
    checkpoint = train(settings(data, tmp_path, mix="student", start=teachers[0], teachers=teachers))
    record = msgspec.json.decode((checkpoint / "train.json").read_bytes())
    assert (record["student"], len(record["taught_by"])) == (True, 2)
