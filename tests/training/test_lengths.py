"""Documents of a wanted length, what is planted in them, and both measured with the tiny bundle."""

import io
import random

import pytest
from rich.console import Console

from models.backend import Device
from models.bundle import Bundle
from models.encode import Item
from models.scorer import Scorer
from models.training.evaluate import probes as probes_module
from models.training.evaluate.judged import judge, judged
from models.training.evaluate.kinds import KINDS, harmless_parts
from models.training.evaluate.lengths import PLACES, WINDOWS, Piece, documents, planted, tokens_of
from models.training.evaluate.materials import materials
from models.training.evaluate.probes import Probes
from models.training.evaluate.rows import RowSet, Standing
from models.training.evaluate.speed import speed_of
from taxonomy.categories import Role
from tests.bundles import WORDS
from tests.training.scored import POLICY, example, scored

pytestmark = pytest.mark.train

NO_LABELS = dict.fromkeys((origin for of in KINDS.values() for origin in of if origin.label), frozenset())
QUIET = Console(file=io.StringIO(), quiet=True)


@pytest.fixture
def scorer(tiny_bundle):
    return Scorer(Bundle.open(tiny_bundle), Device.CPU, 1)


@pytest.fixture
def probes(scorer):
    return Probes(scorer, POLICY, QUIET, cap=4, seed=1)


def some_words(i, count=30):
    return " ".join(random.Random(i).choices(WORDS.split(), k=count)) + "."


@pytest.fixture
def harmless(scorer):
    found = []
    for source, standing in (("ag_news", Standing.RESTRICTED), ("coconot", Standing.HELD_OUT)):
        rows = RowSet(source, standing, [example(f"{source}-{i}", text=some_words(i)) for i in range(40)])
        items = [each.item for each in rows.examples]
        found.append((rows, judged(scorer.probabilities(items), items, POLICY)))
    return materials(harmless_parts(found, NO_LABELS))


def test_a_language_that_was_not_learned_is_measured_as_the_policy_treats_it(scorer, probes, harmless, monkeypatch):
    items = [Item(Role.TEXT, "hello big world")]
    assert judge(scorer, items, POLICY, "", QUIET).stopped.tolist() == [False]
    monkeypatch.setattr(scorer, "has_learned", lambda language: False)
    found = judge(scorer, items, POLICY, "", QUIET)
    assert (found.stopped.tolist(), found.flagged.tolist()) == ([True], [False])
    for line in probes.lengths(harmless):
        assert (line.stopped.value, line.flagged.value) == (1, 0)


@pytest.mark.parametrize("windows", WINDOWS)
def test_a_length_in_tokens_is_read_in_so_many_windows(scorer, windows):
    spec = scorer.encoder.spec
    text = "word " * tokens_of(windows, spec)
    (encoded,) = scorer.encoder.encode([example("a-1", role=Role.DOCUMENT, text=text).item])
    assert len(encoded.windows) == windows


def test_documents_are_of_pieces_in_random_order_and_the_last_one_is_cut():
    pieces = [Piece(f"{letter} " * 10, 10) for letter in "abc"]
    found = list(documents(pieces, 25, 3, random.Random(1)))
    assert [len(each.split()) for each in found] == [26, 26, 26]
    assert all(set(each) >= set("abc") for each in found[:1])
    assert found == list(documents(pieces, 25, 3, random.Random(1)))
    assert list(documents([], 25, 3, random.Random(1))) == []
    assert list(documents([Piece("", 0)], 25, 3, random.Random(1))) == []


def test_a_text_is_planted_between_sentences():
    host = "One two three. Four five six. Seven eight nine."
    assert planted(host, "HERE.", "start") == f"HERE. {host}"
    assert planted(host, "HERE.", "end") == f"{host} HERE."
    assert planted(host, "HERE.", "middle") == "One two three. Four five six. HERE. Seven eight nine."
    assert planted("one two three", "HERE", "middle") == "one two HERE three"
    assert planted("one", "HERE", "middle") == "one HERE"


def test_what_is_planted_is_found_wherever_it_stands(probes, harmless):
    harmful = RowSet("ours", Standing.TEST, [example("a-1", "unsafe", text="buy a weapon")])
    lines = probes.plants(harmless, harmful)
    assert [each.windows for each in lines] == list(WINDOWS)
    for each in lines:
        assert each.documents == 4
        assert (each.alone.count, each.alone.rows) == (4, 4)
        assert {place: share.count for place, share in each.recall.items()} == dict.fromkeys(PLACES, 4)


def test_the_length_curve_of_a_model_that_has_no_false_alarms(probes, harmless):
    lines = probes.lengths(harmless)
    assert [(each.kind, each.ordinary, each.windows, each.stopped.count, each.stopped.rows) for each in lines] == [
        (kind, kind == "news", windows, 0, 4) for kind in ("news", "near misses") for windows in WINDOWS
    ]
    assert {each.rows for each in lines} == {40}
    assert all(abs(each.mean_windows - each.windows) <= 1 + each.windows / 10 for each in lines)
    assert probes.lengths([]) == []


def test_fewer_documents_are_made_of_a_length_that_takes_too_long(probes, harmless, monkeypatch):
    monkeypatch.setattr(probes_module, "TOKENS", 2 * tokens_of(64, probes.scorer.encoder.spec))
    counts = {each.windows: each.flagged.rows for each in probes.lengths(harmless)}
    assert counts == {1: 4, 4: 4, 16: 4, 64: 2}


def test_documents_are_of_the_rows_least_trained_on_and_planting_wants_ordinary_ones(probes, harmless):
    sets = [
        scored(Standing.DEV, [(example("dolly_sample-1", text="bread"), ())]),
        scored(Standing.HELD_OUT, [(example("oasst_sample-1", text="rivers"), ("hate",)), (example("coconot-1"), ())]),
        scored(Standing.RESTRICTED, [(example("oktest-1"), ()), (example("ag_news-1"), ())]),
        scored(Standing.TEST, [(example("languages-1"), ())]),
    ]
    found = {each.kind: each for each in materials(harmless_parts(sets, NO_LABELS))}
    assert [(each.kind, each.standing, each.sources) for each in found.values()] == [
        ("news", "restricted", ("ag_news",)),
        ("chat", "held_out", ("oasst_sample",)),
        ("near misses", "held_out", ("coconot",)),
    ]
    assert found["chat"].stopped.tolist() == [True]
    harmful = RowSet("ours", Standing.TEST, [example("a-1", "unsafe", text="buy a weapon")])
    assert probes.plants([each for each in harmless if not each.ordinary], harmful) == []
    assert probes.plants([found["chat"]], harmful) == []


def test_disguises_and_swaps_with_a_real_bundle(probes):
    rows = RowSet(
        "ours", Standing.TEST, [example("a-1", "unsafe", text="buy a weapon"), example("a-2", text="bake bread")]
    )
    lines = {each.disguise: each for each in probes.disguises(rows)}
    assert lines["none"].harmful.count == lines["zero_width"].harmful.count == lines["full_width"].harmful.count == 1
    assert lines["none"].harmless.count == 0
    assert len(probes.swaps().frames) == 80


def test_time_is_the_median_of_several_runs(scorer):
    ticks = iter([0.0, 1.0, 10.0, 13.0, 20.0, 22.0])
    items = [example("a-1", text="one two three").item]
    found = speed_of("int8", scorer, items, 1, repeats=3, clock=lambda: next(ticks))
    assert found.tokens == sum(len(w.ids) for e in scorer.encoder.encode(items) for w in e.windows)
    thousand = 1e6 / found.tokens
    assert (found.fastest, found.median, found.slowest) == pytest.approx((thousand, 2 * thousand, 3 * thousand))
