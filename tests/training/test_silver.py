"""Labels for rows nobody has read: the teacher's order, the readers' share."""

import msgspec
import numpy as np
import pytest

from models.errors import ModelError
from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.training.corpus.build import build_corpus
from models.training.corpus.labels import INDEX
from models.training.corpus.mix import SILVER as SILVER_MIX
from models.training.corpus.mix import Example
from models.training.corpus.silver import FEWEST_READ, SILVER, like_read, shifted, silver
from models.training.finetune.settings import TrainSettings
from models.training.finetune.train import train
from tests.training.scored import example
from tests.training.small import annotation, sources, write_data

pytestmark = pytest.mark.train

WIDTH = len(OUTPUTS)


def said(name: str, says: str, **values: float) -> Example:
    """Return an example of which its source says `says`, read as `values`."""
    found = np.zeros(WIDTH, np.float32)
    for slug, value in values.items():
        found[INDEX[slug]] = value
    return msgspec.structs.replace(example(name), says=says, targets=(found, np.ones(WIDTH, np.float32)))


def logits_of(unsafe: list[float]) -> np.ndarray:
    rows = np.full((len(unsafe), WIDTH), -6.0, np.float32)
    rows[:, INDEX[UNSAFE]] = unsafe
    return rows


def many(count: int) -> np.ndarray:
    return np.full(WIDTH, count, np.float32)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9])
def test_as_many_hold_as_readers_found_and_the_order_is_the_teachers(share):
    unsafe = list(np.linspace(-2, 4, 50))
    shares = np.full(WIDTH, share, np.float32)
    values = shifted(logits_of(unsafe), shares, many(100_000))
    assert values.mean(axis=0) == pytest.approx(shares, abs=1e-3)
    found = values[:, INDEX[UNSAFE]]
    assert (np.diff(found) > 0).all()
    assert values.shape == (50, WIDTH)


def test_few_readings_are_drawn_towards_the_teacher():
    logits, shares = logits_of([0.0] * 20), np.ones(WIDTH, np.float32)
    some, most = (shifted(logits, shares, many(count))[0, INDEX[UNSAFE]] for count in (4, 400))
    assert some == pytest.approx((4 + 0.5 * 4) / 8, abs=1e-3)
    assert most > 0.99


def test_what_nobody_asked_does_not_count():
    values, weights = np.zeros(WIDTH, np.float32), np.ones(WIDTH, np.float32)
    weights[INDEX[UNSAFE]] = 0.0
    unasked = [msgspec.structs.replace(said(f"a-{i}", "a 1"), targets=(values, weights)) for i in range(50)]
    read = [*unasked, *(said(f"b-{i}", "a 1", unsafe=1) for i in range(50))]
    (found,) = silver([said("a-100", "a 1")], logits_of([0.0]), read)
    assert found.targets[0][INDEX[UNSAFE]] > 0.9


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_what_all_readers_agree_on_stays_a_probability(share):
    values = shifted(logits_of([-30.0, 0.0, 30.0]), np.full(WIDTH, share, np.float32), many(10_000))
    assert np.isfinite(values).all()
    assert ((values >= 0) & (values <= 1)).all()


def test_each_cell_has_a_share_of_its_own():
    read = [said(f"a-{i}", "a 1", unsafe=1) for i in range(50)] + [said(f"b-{i}", "a 0") for i in range(50)]
    unread = [said("a-100", "a 1"), said("b-100", "a 0"), said("a-101", "a 1")]
    found = {each.id: each for each in silver(unread, logits_of([0.0, 0.0, 1.0]), read)}
    values = {name: each.targets[0][INDEX[UNSAFE]] for name, each in found.items()}
    assert values["b-100"] < 0.1 < 0.9 < values["a-100"] < values["a-101"]
    assert (found["a-100"].targets[1] == SILVER).all()


def test_of_a_likely_attack_nothing_is_said_of_its_content():
    logits = logits_of([1.0])
    logits[0, INDEX["jailbreak"]] = 5.0
    read = [said(f"a-{i}", "a 1", jailbreak=1, attack=1) for i in range(50)]
    (found,) = silver([said("a-100", "a 1")], logits, read)
    assert found.targets[1][INDEX[UNSAFE]] == 0
    assert found.targets[1][INDEX[ATTACK]] == SILVER


def test_rows_of_which_too_few_alike_were_read_are_left_out():
    read = [said(f"a-{i}", "enough") for i in range(FEWEST_READ)] + [
        said(f"b-{i}", "too few") for i in range(FEWEST_READ - 1)
    ]
    unread = [said("a-100", "enough"), said("b-100", "too few"), said("c-100", "none")]
    assert [each.id for each in like_read(unread, read)] == ["a-100"]


@pytest.fixture
def data(tmp_path):
    """Every third row of two sources was read; the attacks of another too."""
    read = [annotation(f"stormfront_hate-{i}", ["hate"] if i % 2 else [], i % 2) for i in range(0, 180, 3)]
    read += [annotation(f"hackaprompt_sample-{i}", ["prompt_injection"], 0.5) for i in range(0, 180, 3)]
    return write_data(tmp_path / "data", sources(180), read)


def test_unread_rows_are_in_no_other_list_and_attacks_are_not_among_them(data):
    mix = msgspec.structs.replace(SILVER_MIX, default_most=10)
    corpus = build_corpus(data, seed=1, mix=mix)
    ids = {each.id for each in corpus.unread}
    assert len(ids) > 80
    assert {each.source for each in corpus.unread} == {"stormfront_hate"}
    assert not ids & {each.id for side in (corpus.train, corpus.dev, corpus.held_out, corpus.read) for each in side}
    assert not {e.group for e in corpus.unread} & {e.group for e in corpus.dev}
    assert all(int(each.id.rsplit("-", 1)[1]) % 3 == 0 for each in corpus.read)
    assert not {e.group for e in corpus.read} & {e.group for e in corpus.dev}


def test_other_mixes_have_no_unread_rows(data):
    assert build_corpus(data, seed=1).unread == []


def test_a_run_on_silver_labels_says_how_many_there_were(data, tmp_path):
    first = train(TrainSettings(data=data, output=tmp_path / "first", batch=8, max_steps=2, bf16=False, limit=20))
    second = train(
        TrainSettings(
            data=data, output=tmp_path / "second", mix="silver", start=first, batch=8, max_steps=2, bf16=False
        )
    )
    record = msgspec.json.decode((second / "train.json").read_bytes())
    assert record["silver"] > 0
    assert record["mix"] == "silver"
    assert record["before"]["silver"] == 0


def test_silver_labels_need_a_teacher(data, tmp_path):
    for changes in ({"mix": "silver"}, {"mix": "student"}):
        with pytest.raises(ModelError, match="need a teacher: give the checkpoint to start from"):
            train(TrainSettings(data=data, output=tmp_path, **changes))
