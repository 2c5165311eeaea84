"""Texts in, probabilities out: however long they are and whoever stands beside them."""

from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import scorer as scorer_module
from models.encode import Item
from models.errors import BundleError
from models.outputs import OUTPUTS
from models.scorer import BATCH_TOKENS, normalised
from taxonomy.categories import Role
from tests.bundles import SURE, WORDS

MANY = WORDS.split()
UNSAFE, ATTACK = OUTPUTS.index("unsafe"), OUTPUTS.index("attack")
quick = settings(max_examples=60, deadline=None)


@quick
@given(st.integers(0, 1000), st.integers(0, 1000), st.sampled_from(Role))
def test_a_trigger_is_found_wherever_it_stands(scorer, before, after, role):
    words = [MANY[i % len(MANY)] for i in range(before + after)]
    words.insert(before, "weapon")
    (row,) = scorer.probabilities([Item(role, " ".join(words), context="hello" if role is Role.RESPONSE else None)])
    assert row[UNSAFE] == pytest.approx(SURE, abs=0.002)
    assert row[ATTACK] < 0.02


def test_triggers_far_apart_are_all_found(scorer):
    text = "inject " + "hello world " * 300 + "hateword " + "hello world " * 300 + "weapon"
    (row,) = scorer.probabilities([Item(Role.DOCUMENT, text)])
    found = {name for name, probability in zip(OUTPUTS, row, strict=True) if probability > 0.5}
    assert found == {"prompt_injection", "attack", "hate", "guns_illegal_weapons", "unsafe"}


def test_a_trigger_written_to_be_overlooked_is_found(scorer):
    texts = [
        "ｗｅａｐｏｎ",
        "we\u200bap\u200bon",
        "w\u00adeapon",
        "\u202eweapon\u202c",
        "WEAPON",
        "x" * 640 + " weapon",
    ]
    found = scorer.probabilities([Item(Role.TEXT, text) for text in texts])
    assert (found[:, UNSAFE] > 0.99).all()


ITEMS = st.builds(
    lambda role, words, context: Item(role, " ".join(words), " ".join(context) or None),
    st.sampled_from(Role),
    st.lists(st.sampled_from([*MANY, "weapon", "inject"]), max_size=70),
    st.lists(st.sampled_from(MANY), max_size=12),
)


@quick
@given(st.lists(ITEMS, min_size=1, max_size=8))
def test_neighbours_do_not_change_a_score(scorer, items):
    together = scorer.probabilities(items)
    alone = np.concatenate([scorer.probabilities([item]) for item in items])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-5)
    np.testing.assert_allclose(scorer.probabilities(items[::-1])[::-1], together, rtol=0, atol=1e-5)


def test_no_texts_give_no_rows(scorer):
    assert scorer.probabilities([]).shape == (0, len(OUTPUTS))
    assert scorer.logits([]).shape == (0, len(OUTPUTS))


def test_an_empty_text_is_not_harmful_and_moves_no_other(scorer):
    items = [Item(Role.TEXT, text) for text in ("", "weapon", "\u200b", "hello", " \n")]
    found = scorer.probabilities(items)
    assert found[[0, 2, 4]].max() == 0.0
    np.testing.assert_allclose(found[1], scorer.probabilities([items[1]])[0], atol=1e-5)
    np.testing.assert_allclose(found[3], scorer.probabilities([items[3]])[0], atol=1e-5)
    assert found[1, UNSAFE] > 0.99 > 0.02 > found[3, UNSAFE] > 0


@pytest.fixture
def shapes(scorer, monkeypatch):
    """The padded shapes of the batches that reach the session."""
    seen = []
    run = scorer.backend.run

    def recorded(windows):
        seen.append((len(windows), max(len(window.ids) for window in windows)))
        return run(windows)

    monkeypatch.setattr(scorer.backend, "run", recorded)
    return seen


def test_batches_stay_within_their_tokens(scorer, shapes):
    lengths = np.random.default_rng(1).integers(1, 200, size=120)
    items = [Item(Role.TEXT, " ".join(MANY[:n])) for n in lengths]
    scorer.probabilities(items)
    windows = sum(len(each.windows) for each in scorer.encoder.encode(items))
    assert sum(rows for rows, _ in shapes) == windows
    assert all(rows * longest <= BATCH_TOKENS for rows, longest in shapes)
    assert len(shapes) > 3
    # Of any two neighbours, the first had no room for a row of the second.
    for (rows, _), (_, longest) in pairwise(shapes):
        assert (rows + 1) * longest > BATCH_TOKENS


def test_a_window_above_the_budget_goes_alone(scorer, shapes, monkeypatch):
    monkeypatch.setattr(scorer_module, "BATCH_TOKENS", 4)
    scorer.probabilities([Item(Role.TEXT, "hello"), Item(Role.TEXT, "hello big world")])
    assert shapes == [(1, 4), (1, 6)]


def test_the_golden_set_is_met(scorer):
    scorer.check_golden()


@pytest.mark.parametrize(("by", "met"), [(0.0008, True), (0.0015, False)])
def test_the_golden_set_counts_each_probability(scorer, monkeypatch, by, met):
    golden = scorer.bundle.golden()
    first = golden.items[0]
    shifted = (*first.probabilities[:-1], first.probabilities[-1] + by)
    moved = msgspec.structs.replace(first, probabilities=shifted)
    monkeypatch.setattr(
        scorer.bundle, "golden", lambda: msgspec.structs.replace(golden, items=(moved, *golden.items[1:]))
    )
    if met:
        scorer.check_golden()
        return
    with pytest.raises(BundleError) as caught:
        scorer.check_golden()
    assert str(caught.value) == f"bundle {scorer.bundle.folder}: the golden set is off by 0.002, more than 0.001"


@pytest.mark.parametrize(
    ("item", "wanted"),
    [
        (Item(Role.RESPONSE, " ａ  b", "\u200bｃ "), Item(Role.RESPONSE, "a b", "c")),
        (Item(Role.RESPONSE, "a", "\u200b \n"), Item(Role.RESPONSE, "a", None)),
        (Item(Role.RESPONSE, "a", ""), Item(Role.RESPONSE, "a", None)),
        (Item(Role.PROMPT, "a", "b"), Item(Role.PROMPT, "a", None)),
        (Item(Role.DOCUMENT, "\x00", None), Item(Role.DOCUMENT, "", None)),
    ],
)
def test_items_are_normalised_and_only_a_response_has_a_context(item, wanted):
    assert normalised(item) == wanted
