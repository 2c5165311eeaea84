"""Checkpoints compared by what they rank, without a bundle."""

import re

import numpy as np
import pytest
from click.testing import CliRunner

from models.outputs import OUTPUTS
from models.training.corpus.labels import INDEX
from models.training.evaluate import ranks
from models.training.evaluate.ranks import main, rank_rows
from models.training.evaluate.rows import RowSet, Standing
from models.training.finetune.settings import TrainSettings
from models.training.finetune.train import train
from tests.training.scored import example
from tests.training.small import sources, write_data

pytestmark = pytest.mark.train


def rows(standing: Standing) -> RowSet:
    harmful = [example(f"a-{i}", "hate", "unsafe") for i in range(30)]
    harmless = [example(f"b-{i}") for i in range(30)]
    return RowSet("rows", standing, harmful + harmless)


def logits(wrong: int) -> np.ndarray:
    """Return logits that rank all but `wrong` of the harmful rows above the harmless ones."""
    found = np.zeros((60, len(OUTPUTS)), np.float32)
    found[:30] = 5.0
    found[:wrong] = -5.0
    return found


def test_a_perfect_order_is_one_and_every_mistake_costs():
    perfect, worse, worst = (rank_rows(rows(Standing.HELD_OUT), logits(n))["rows"] for n in (0, 5, 30))
    assert perfect == 1
    assert perfect > worse > worst


def test_lines_that_cannot_be_measured_are_left_out():
    assert set(rank_rows(rows(Standing.HELD_OUT), logits(0))) == {"rows"}
    harmless = RowSet("calm", Standing.TEST, [example("b-1")])
    assert rank_rows(harmless, logits(0)[:1]) == {}


def test_the_categories_of_dev_have_a_line():
    assert rank_rows(rows(Standing.DEV), logits(0))["dev, mean of categories"] == 1
    found = logits(0)
    found[:, INDEX["hate"]] *= -1
    assert rank_rows(rows(Standing.DEV), found)["dev, mean of categories"] < 1


def test_two_checkpoints_are_two_columns(tmp_path):
    data = write_data(tmp_path / "data", sources())
    kwargs = {"data": data, "batch": 8, "bf16": False}
    one = train(TrainSettings(output=tmp_path / "one", max_steps=1, **kwargs))
    two = train(TrainSettings(output=tmp_path / "two", max_steps=3, **kwargs))
    found = CliRunner().invoke(main, ["--data", str(data.folder), str(one), str(two)])
    assert found.exit_code == 0, found.output
    lines = {name: values for name, *values in (re.split(" {2,}", line) for line in found.output.splitlines())}
    assert {"dev", "surge_toxicity", "all held out"} <= set(lines)
    assert lines["average precision"] == ["one", "two"]
    assert len(lines["all held out"]) == 2
    assert all(0 <= float(value) <= 1 for value in lines["all held out"])


def test_together_they_are_a_column_of_their_mean(tmp_path, monkeypatch):
    data = write_data(tmp_path / "data", sources())
    checkpoints = [tmp_path / name / "checkpoint" for name in ("one", "two")]
    for each in checkpoints:
        each.mkdir(parents=True)

    def said(checkpoint, found, _encoder):
        """What is wrong in one is right in the other, and said louder there."""
        wrong = checkpoint.parent.name == "one"
        harmful = np.array([each.targets[0][INDEX["unsafe"]] >= 0.5 for each in found])
        logits = np.where(harmful, 1.0, -1.0) * (-1.0 if wrong else 2.0)
        return np.repeat(logits[:, None], len(OUTPUTS), axis=1).astype(np.float32)

    monkeypatch.setattr(ranks, "teacher_logits", said)
    found = CliRunner().invoke(main, ["--data", str(data.folder), "--together", *map(str, checkpoints)])
    assert found.exit_code == 0, found.output
    line = next(line for line in found.output.splitlines() if line.strip().startswith("dev  "))
    one, two, both = (float(value) for value in re.split(" {2,}", line.strip())[1:])
    assert one < 1
    assert (two, both) == (1, 1)


def test_a_folder_without_a_label_map_is_named(tmp_path):
    found = CliRunner().invoke(main, ["--data", str(tmp_path), str(tmp_path)])
    assert found.exit_code == 1
    assert "label_map.json" in found.output
