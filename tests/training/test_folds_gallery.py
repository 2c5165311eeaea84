"""Cross-validations that cannot be, and files that are none, each with the exact line that refuses it."""

import msgspec
import pytest

from models.errors import ModelError
from models.put import beside
from models.training.evaluate.evaluate import EvaluateSettings, evaluate
from models.training.finetune.settings import TrainSettings
from models.training.folds import crossvalidate as module
from models.training.folds.crossvalidate import CrossSettings, crossvalidate
from models.training.folds.plan import PLAN
from tests.training.small import annotation, row, sources, write_data

pytestmark = pytest.mark.train

STAGE = {"base": "b", "seed": 1, "sources": [], "mix": "broad", "before": None, "epochs": 1.0}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_data(tmp_path_factory.mktemp("small") / "data", sources(20))


@pytest.fixture
def stage(data, tmp_path, monkeypatch):
    """The stage of a cross-validation that would stop where it begins to train."""

    def stopped(*given):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "train", stopped)
    return TrainSettings(data=data, output=tmp_path / "folds", max_steps=2)


def refused(stage, **given):
    with pytest.raises(ModelError) as caught:
        crossvalidate(CrossSettings(stage=stage, **given))
    return str(caught.value).replace(str(stage.output), "OUT")


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        (5, "5 folds cannot be made of 4 sources: each leaves out one at least"),
        (1, "1 is too few folds: the least is 2, for each is measured by a model trained on the others"),
        (0, "0 is too few folds: the least is 2, for each is measured by a model trained on the others"),
        (-3, "-3 is too few folds: the least is 2, for each is measured by a model trained on the others"),
    ],
)
def test_a_number_of_folds_that_cannot_be(stage, folds, message):
    assert refused(stage, folds=folds) == message
    assert not stage.output.exists()


def test_written_texts_alone_are_no_sources(stage, tmp_path):
    only = [row("written_pairs-1", "prompt", prompt="Say it again, and louder.", labels={"hate": 0}, unsafe=0)]
    bare = write_data(tmp_path / "bare", only)
    message = refused(msgspec.structs.replace(stage, data=bare), folds=2)
    assert message == "2 folds cannot be made of 0 sources: each leaves out one at least"


@pytest.mark.parametrize(
    ("folds", "changes", "names"),
    [
        (3, {}, "folds"),
        (2, {"max_steps": 3}, "max_steps"),
        (2, {"learning_rate": 1e-4, "epochs": 2.0}, "epochs, learning_rate"),
        (2, {"limit": 3}, "limit, rows, folds"),
        (2, {"mix": "focused"}, "mix, rows"),
    ],
)
def test_an_output_of_another_setting(stage, folds, changes, names):
    with pytest.raises(KeyboardInterrupt):
        crossvalidate(CrossSettings(stage=stage, folds=2))
    message = refused(msgspec.structs.replace(stage, **changes), folds=folds)
    assert message == f"OUT holds a cross-validation with other {names}: name another --output, or remove it"
    with pytest.raises(KeyboardInterrupt):  # the same setting goes on
        crossvalidate(CrossSettings(stage=stage, folds=2))


def test_an_output_of_other_rows(stage, tmp_path):
    """The same ids, and somebody has read one of the texts since."""
    with pytest.raises(KeyboardInterrupt):
        crossvalidate(CrossSettings(stage=stage, folds=2))
    read = write_data(tmp_path / "read", sources(20), [annotation("stormfront_hate-3", ["threat"], 1.0)])
    message = refused(msgspec.structs.replace(stage, data=read), folds=2)
    assert message == "OUT holds a cross-validation with other rows: name another --output, or remove it"


def test_an_output_that_holds_something_else(stage):
    (stage.output / "1" / "checkpoint").mkdir(parents=True)
    assert refused(stage, folds=2) == "OUT holds no cross-validation and is not empty: it is left as it is"


def test_an_output_that_is_a_file(stage):
    stage.output.write_text("mine")
    assert refused(stage, folds=2) == "OUT holds no cross-validation and is not empty: it is left as it is"
    assert stage.output.read_text() == "mine"


@pytest.mark.parametrize(
    ("text", "says"),
    [("?", "JSON is malformed: invalid character (byte 0)"), ("{}", "Object missing required field `stage`")],
)
def test_a_plan_that_is_none(stage, text, says):
    stage.output.mkdir()
    (stage.output / PLAN).write_text(text)
    assert refused(stage, folds=2) == f"OUT/plan.json cannot be read: {says}"


def test_a_plan_that_was_broken_off_while_it_was_written(stage):
    stage.output.mkdir()
    beside(stage.output / PLAN).write_text('{"stage": {')
    with pytest.raises(KeyboardInterrupt):  # in the training: the plan is whole
        crossvalidate(CrossSettings(stage=stage, folds=2))
    assert [path.name for path in stage.output.iterdir()] == [PLAN]
    with pytest.raises(KeyboardInterrupt):
        crossvalidate(CrossSettings(stage=stage, folds=2))


def test_a_mix_that_needs_a_teacher_who_would_have_seen_the_sources(stage, monkeypatch):
    monkeypatch.undo()
    message = refused(msgspec.structs.replace(stage, mix="silver"), folds=2)
    assert message == "the rows of the mix silver need a teacher: give the checkpoint to start from"


def test_a_checkpoint_that_is_none(stage, tmp_path):
    message = refused(stage, folds=2, trained=tmp_path)
    assert message == (
        f"{tmp_path}/train.json cannot be read: No such file or directory; is this what tidegate train wrote?"
    )
    assert not stage.output.exists()


@pytest.mark.parametrize(
    ("recorded", "names"),
    [
        ({"mix": "focused"}, "mix"),
        ({"before": STAGE, "epochs": 2.0}, "before, epochs"),
        ({"taught_by": [STAGE]}, "taught_by"),
    ],
)
def test_a_checkpoint_of_another_stage(stage, tmp_path, recorded, names):
    (tmp_path / "train.json").write_bytes(msgspec.json.encode(STAGE | recorded))
    message = refused(stage, folds=2, trained=tmp_path)
    assert message == f"{tmp_path} is of a stage with other {names}: it cannot be set beside these folds"
    assert not stage.output.exists()


def test_a_checkpoint_from_before_there_were_such_stages_is_of_none(stage, tmp_path):
    (tmp_path / "train.json").write_bytes(msgspec.json.encode(STAGE))
    message = refused(msgspec.structs.replace(stage, r_drop=1.0, average=0.9), folds=2, trained=tmp_path)
    assert message == f"{tmp_path} is of a stage with other r_drop, average: it cannot be set beside these folds"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "No such file or directory"),
        ("?", "JSON is malformed: invalid character (byte 0); is this what tidegate crossvalidate wrote?"),
        ("[]", "Expected `object`, got `array`; is this what tidegate crossvalidate wrote?"),
        ('{"lines": 1}', "Expected `array`, got `int` - at `$.lines`; is this what tidegate crossvalidate wrote?"),
    ],
)
def test_folds_that_an_evaluation_cannot_take_in(data, tmp_path, tiny_bundle, text, says):
    file = tmp_path / "folds.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ModelError) as caught:
        evaluate(EvaluateSettings(bundle=tiny_bundle, data=data, folds=file))
    assert str(caught.value) == f"{file} cannot be read: {says}"
