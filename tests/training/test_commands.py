"""What the commands hand to training, export, evaluation and tuning."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from models.training.corpus.sources import Data
from models.training.evaluate import evaluate as evaluate_module
from models.training.finetune import train as train_module
from models.training.finetune.settings import TrainSettings
from models.training.folds import crossvalidate as folds_module
from models.training.folds.crossvalidate import CrossSettings
from models.training.tune import propose as propose_module
from service.cli import training

pytestmark = pytest.mark.train


@pytest.fixture
def data(tmp_path):
    for name in ("data", "own"):
        (tmp_path / name).mkdir()
    return Data(tmp_path / "data", tmp_path / "own")


@pytest.mark.parametrize(
    ("command", "module", "function", "arguments"),
    [
        (training.train, train_module, "train", ["--output", "work/run"]),
        (training.evaluate, evaluate_module, "evaluate", []),
        (training.propose, propose_module, "propose_thresholds", []),
    ],
    ids=["train", "evaluate", "propose"],
)
def test_both_folders_of_rows_and_the_seed_are_handed_on(monkeypatch, data, command, module, function, arguments):
    given = []
    monkeypatch.setattr(module, function, lambda settings: given.append(settings) or Path("there"))
    folders = ["--data", str(data.folder), "--own", str(data.own), "--seed", "7"]
    result = CliRunner().invoke(command, [*arguments, *folders], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert [(settings.data, settings.seed) for settings in given] == [(data, 7)]


def test_a_report_that_could_not_be_written_is_refused_before_anything_is_measured(monkeypatch, data, tmp_path):
    monkeypatch.setattr(evaluate_module, "evaluate", lambda settings: pytest.fail("it began"))
    file = tmp_path / "file"
    file.write_text("")
    for option, path, why in (
        ("--html", tmp_path / "data", f"File '{tmp_path / 'data'}' is a directory."),
        ("--json", file / "report.json", f"{file / 'report.json'} cannot be written: Not a directory"),
    ):
        result = CliRunner().invoke(training.evaluate, ["--data", str(data.folder), option, str(path)])
        assert result.exit_code == 2
        assert why in result.output


def test_a_report_takes_the_place_of_the_last_one_and_its_folder_is_made(monkeypatch, data, tmp_path):
    given = []
    monkeypatch.setattr(evaluate_module, "evaluate", given.append)
    old, new = tmp_path / "old.html", tmp_path / "new" / "report.json"
    old.write_text("as it was")
    options = ["--data", str(data.folder), "--html", str(old), "--json", str(new)]
    result = CliRunner().invoke(training.evaluate, options, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert [(each.html, each.json) for each in given] == [(old, new)]
    assert old.read_text() == "as it was"
    assert list((tmp_path / "new").iterdir()) == []


def test_folds_are_trained_as_their_options_say(monkeypatch, data, tmp_path):
    given = []
    monkeypatch.setattr(folds_module, "crossvalidate", lambda settings: given.append(settings) or Path("there"))
    options = [
        *("--data", data.folder, "--own", data.own, "--output", "work/folds", "--folds", 3, "--trained", tmp_path),
        *("--cap", 40, "--epochs", 2, "--batch", 8, "--learning-rate", 1e-4, "--fp32", "--limit", 20, "--max-steps", 5),
    ]
    result = CliRunner().invoke(training.crossvalidate, [str(each) for each in options], catch_exceptions=False)
    assert (result.exit_code, result.output) == (0, "there\n")
    stage = TrainSettings(
        data=data,
        output=Path("work/folds"),
        mix="focused",
        epochs=2.0,
        batch=8,
        learning_rate=1e-4,
        bf16=False,
        limit=20,
        max_steps=5,
    )
    assert given == [CrossSettings(stage=stage, folds=3, trained=tmp_path, cap=40)]


@pytest.mark.parametrize(
    ("option", "value", "range_"),
    [
        ("--epochs", "0.0", "x>0"),
        ("--batch", "0", "x>=1"),
        ("--learning-rate", "-0.1", "x>0"),
        ("--limit", "0", "x>=1"),
        ("--keep", "1.5", "0<=x<=1"),
    ],
)
def test_a_stage_that_cannot_be_is_refused_before_anything_is_read(data, option, value, range_):
    result = CliRunner().invoke(training.train, ["--data", str(data.folder), "--output", "work/run", option, value])
    assert result.exit_code == 2
    assert f"Invalid value for '{option}': {value} is not in the range {range_}." in result.output
