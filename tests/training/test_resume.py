"""A stage that is broken off and begun again ends where it would have ended."""

import msgspec
import pytest
from safetensors.numpy import load_file

from models.training.finetune import train as train_module
from models.training.finetune.loss import MaskedTrainer
from models.training.finetune.resume import forget, resumable
from models.training.finetune.settings import TrainSettings
from models.training.finetune.steady import AVERAGE
from models.training.finetune.train import train
from tests.training.small import sources, write_data

pytestmark = pytest.mark.train


def weights(checkpoint):
    return load_file(checkpoint / "model.safetensors")


# Two checkpoints within a second: no real stage is that fast.
@pytest.mark.filterwarnings("ignore:mtime may not be reliable")
@pytest.mark.parametrize("average", [0.0, 0.5], ids=["last weights", "average"])
def test_a_stage_broken_off_goes_on_and_ends_as_if_it_had_not_been(tmp_path, monkeypatch, average):
    monkeypatch.setattr(train_module, "SAVE_STEPS", 2)
    data = write_data(tmp_path / "data", sources())
    settings = TrainSettings(data=data, output=tmp_path / "whole", batch=4, max_steps=5, bf16=False, average=average)
    whole = weights(train(settings))
    steps = []
    step = MaskedTrainer.training_step

    def counted(self, *args, **kwargs):
        steps.append(self.state.global_step)
        if len(steps) == 4:
            raise KeyboardInterrupt
        return step(self, *args, **kwargs)

    monkeypatch.setattr(MaskedTrainer, "training_step", counted)
    broken = msgspec.structs.replace(settings, output=tmp_path / "broken")
    with pytest.raises(KeyboardInterrupt):
        train(broken)
    again = weights(train(broken))
    assert steps == [0, 1, 2, 3, 2, 3, 4]
    assert all((again[name] == weight).all() for name, weight in whole.items())
    assert sorted(each.name for each in broken.output.iterdir()) == ["checkpoint"]


def kept(output, name, *, whole=True):
    folder = output / name
    folder.mkdir(parents=True)
    if whole:
        (folder / "trainer_state.json").touch()
    return str(folder)


def test_nothing_is_gone_on_with_that_another_stage_left(tmp_path):
    assert resumable(tmp_path, b"one") is None
    kept(tmp_path, "checkpoint-250")
    last = kept(tmp_path, "checkpoint-1000")
    kept(tmp_path, "checkpoint-1250", whole=False)
    kept(tmp_path, "checkpoint")
    assert resumable(tmp_path, b"one") == last
    assert resumable(tmp_path, b"another") is None
    assert sorted(each.name for each in tmp_path.iterdir()) == ["checkpoint", "stage.json"]


def test_what_the_trainer_wrote_without_the_average_is_not_whole(tmp_path):
    resumable(tmp_path, b"one", AVERAGE)
    whole = kept(tmp_path, "checkpoint-250")
    (tmp_path / "checkpoint-250" / AVERAGE).touch()
    kept(tmp_path, "checkpoint-500")
    assert resumable(tmp_path, b"one", AVERAGE) == whole


def test_a_stage_that_is_done_leaves_its_checkpoint_and_nothing_else(tmp_path):
    kept(tmp_path, "checkpoint")
    resumable(tmp_path, b"one")
    kept(tmp_path, "checkpoint-250")
    forget(tmp_path)
    forget(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["checkpoint"]
