"""The nano model: small, with its teacher's words, and a bundle like any other."""

from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch
from rich.console import Console
from transformers import AutoModelForSequenceClassification

from models.backend import Device
from models.bundle import Bundle
from models.errors import ModelError
from models.outputs import OUTPUTS
from models.scorer import Scorer
from models.training.corpus.sources import Data
from models.training.export.export import ExportSettings, export
from models.training.export.parity import Limits
from models.training.finetune.settings import TrainSettings
from models.training.finetune.student import WIDTH, new_student
from models.training.finetune.train import train
from tests.training.small import annotation, sources, write_data

pytestmark = pytest.mark.train


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    read = [annotation(f"stormfront_hate-{i}", ["hate"] if i % 2 else [], i % 2) for i in range(0, 180, 3)]
    return write_data(tmp_path_factory.mktemp("small") / "data", sources(180), read)


@pytest.fixture(scope="module")
def teacher(data, tmp_path_factory):
    return train(TrainSettings(data=data, output=tmp_path_factory.mktemp("teacher"), batch=8, max_steps=2, bf16=False))


@pytest.fixture(scope="module")
def student(data, teacher, tmp_path_factory):
    settings = TrainSettings(
        data=data, output=tmp_path_factory.mktemp("student"), mix="student", start=teacher, batch=8,
        max_steps=3, bf16=False,
    )  # fmt: skip
    return train(settings)


def neighbours(words: torch.Tensor, some: torch.Tensor) -> torch.Tensor:
    """Return for each of `some` rows how like it every row is."""
    unit = torch.nn.functional.normalize(words, dim=1)
    return unit[some] @ unit.T


def test_it_has_few_parameters_and_the_teachers_outputs(teacher):
    small = new_student(teacher)
    assert sum(each.numel() for each in small.parameters()) < 5_000_000
    assert [small.config.id2label[i] for i in range(len(OUTPUTS))] == list(OUTPUTS)
    assert small.config.hidden_size == WIDTH


def test_words_that_are_alike_for_the_teacher_are_alike_for_it(teacher):
    large = AutoModelForSequenceClassification.from_pretrained(teacher)
    some = torch.arange(2000, 4000, 40)
    theirs, ours = (
        neighbours(each.bert.embeddings.word_embeddings.weight.detach(), some) for each in (large, new_student(teacher))
    )
    assert np.corrcoef(theirs.flatten(), ours.flatten())[0, 1] > 0.8


def test_it_is_trained_on_its_teachers_word_and_the_teacher_stays(teacher, student):
    record = msgspec.json.decode((student / "train.json").read_bytes())
    assert record["student"] is True
    assert record["silver"] > 0
    assert record["before"]["student"] is False
    assert AutoModelForSequenceClassification.from_pretrained(student).config.hidden_size == WIDTH
    assert AutoModelForSequenceClassification.from_pretrained(teacher).config.hidden_size > WIDTH


def test_it_becomes_a_bundle_a_quarter_of_the_size(student, data, tmp_path):
    settings = ExportSettings(
        checkpoint=student, output=tmp_path / "nano", name="tiny-nano", data=data, cap=10, threads=1,
        limits=Limits(spearman=-1.0),
    )  # fmt: skip
    folder = export(settings, Console(quiet=True))
    assert (folder / "model.onnx").stat().st_size < 6_000_000
    scorer = Scorer(Bundle.open(folder), Device.CPU, threads=1)
    scorer.check_golden()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, "there is no start: give its checkpoint"),
        ({"mix": "student", "start": Path("start")}, "a student is no average with its start"),
    ],
)
def test_a_share_that_could_not_be_kept_is_not_recorded_as_kept(tmp_path, changes, why):
    with pytest.raises(ModelError) as error:
        train(TrainSettings(data=Data(tmp_path), output=tmp_path, keep=0.5, **changes))
    assert str(error.value) == f"nothing can be kept: {why}"
