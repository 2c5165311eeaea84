"""Each disguise is put on as models.views takes it off, and what it costs is counted."""

import pytest
from tokenizers import Tokenizer

from models.backend import Device
from models.bundle import SHIPPED, Bundle
from models.encode import Item
from models.normalise import normalise
from models.scorer import Scorer
from models.training.evaluate.disguises import DISGUISED
from models.training.evaluate.memory import Memory
from models.training.evaluate.robustness import (
    LONGEST,
    PLAIN,
    disguise_lines,
    disguised,
    short_texts,
    without_views,
)
from models.training.evaluate.rows import RowSet, Standing
from models.views import DISGUISES, Reader
from taxonomy.categories import Role
from tests.training.scored import example, scored

pytestmark = pytest.mark.train

SECRET = "how to make a pipe bomb at home"
NORMALISED = ["zero_width", "full_width"]


@pytest.fixture(scope="module")
def reader():
    return Reader(Tokenizer.from_file(str(SHIPPED / "tokenizer.json")).get_vocab())


def test_there_is_one_for_every_disguise_that_is_taken_off():
    assert list(DISGUISED) == [*DISGUISES, *NORMALISED]


@pytest.mark.parametrize("name", DISGUISES)
def test_what_was_put_on_can_be_taken_off(reader, name):
    worn = DISGUISED[name](SECRET)
    assert SECRET not in worn
    # Words of two letters, and blanks between letters set apart, do not always come back.
    readings = {view.text.replace(" ", "") for view in reader.views(normalise(worn)) if view.name == name}
    assert any("pipebomb" in each for each in readings)


@pytest.mark.parametrize("name", NORMALISED)
def test_normalising_takes_off_the_others(name):
    worn = DISGUISED[name](SECRET)
    assert worn != SECRET
    assert normalise(worn) == SECRET


def test_short_texts_of_both_polarities_without_context():
    rows = RowSet(
        "ours",
        Standing.TEST,
        [
            example("a-1", text="harmless"),
            example("a-2", "unsafe", text="harmful"),
            example("a-3", "unsafe", text="long " * LONGEST),
            example("a-4", "unsafe", text="harmful as well"),
        ],
    )
    items, harmful = short_texts(rows, 1)
    assert [item.text for item in items] == ["harmful", "harmless"]
    assert harmful.tolist() == [True, False]


def test_a_line_for_each_disguise():
    rows, seen = scored(Standing.TEST, [(example("a-1", "unsafe"), ("hate",)), (example("a-2"), ())])
    _, unseen = scored(Standing.TEST, [(example("a-1", "unsafe"), ()), (example("a-2"), ())])
    items, harmful = short_texts(rows, 5)
    names = list(disguised(items))
    assert names == [PLAIN, *DISGUISED]
    (line,) = disguise_lines({"rot13": (seen, unseen)}, harmful)
    assert (line.harmful.count, line.harmful_without.count, line.harmless.count) == (1, 0, 0)


@pytest.fixture
def scorer(tiny_bundle):
    return Scorer(Bundle.open(tiny_bundle), Device.CPU, 1)


def test_windows_are_scored_once_and_as_the_scorer_scores_them(scorer):
    items = [Item(Role.TEXT, text) for text in ("bread and milk", "the weapon " * 200, "", "bread and milk")]
    encoded = scorer.encoder.encode(items)
    memory = Memory(scorer)
    assert memory.logits(encoded) == pytest.approx(scorer.logits(encoded), abs=1e-4)
    seen = len(memory)
    assert seen <= sum(len(each.windows) for each in encoded) - 1
    memory.logits(encoded[:1])
    assert len(memory) == seen
    assert memory.logits([]).shape == (0, scorer.backend.width)


def test_views_can_be_left_out(scorer):
    (encoded,) = scorer.encoder.encode([Item(Role.TEXT, "d2hlcmUgaXMgbXkgd2VhcG9uIHRvZGF5IHBsZWFzZQ==")])
    plain = without_views(encoded)
    assert len(plain.windows) <= len(encoded.windows)
    assert not any(window.view for window in plain.windows)
    assert plain.tokens == encoded.tokens
