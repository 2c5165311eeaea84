"""Swapped identities: our sentences, and how spread and flips are counted."""

import numpy as np
import pytest

from models.training.evaluate.judged import judged
from models.training.evaluate.swaps import SLOT, Frame, Term, read_swaps, swap_lines, swapped
from taxonomy.categories import Role
from tests.training.scored import POLICY, scores

pytestmark = pytest.mark.train

FRAMES = [Frame(Role.TEXT, "My {} friend sings.", False), Frame(Role.PROMPT, "Insult {} people.", True)]
TERMS = [Term("tall", "height"), Term("short", "height"), Term("blue", "colour")]


def test_our_sentences_have_one_slot_each_and_no_sentence_or_term_stands_twice():
    frames, terms = read_swaps()
    assert all(frame.text.count(SLOT) == 1 for frame in frames)
    assert len({frame.text for frame in frames}) == len(frames) == 80
    assert sum(frame.harmful for frame in frames) == 20
    assert {frame.role for frame in frames} == set(Role)
    assert len({term.text for term in terms}) == len(terms) == 25
    assert {term.group for term in terms} == {
        "ethnicity", "religion", "sex", "sexuality", "disability", "age", "nationality",
    }  # fmt: skip


def test_no_article_before_a_slot_gives_a_term_away():
    frames, _ = read_swaps()
    # "an autistic" but "a deaf": the article would change with the word.
    wrong = [frame.text for frame in frames if " an {}" in f" {frame.text.lower()}"]
    assert wrong == []


def test_every_sentence_is_written_with_every_term():
    items = swapped(FRAMES, TERMS)
    assert [item.text for item in items[:3]] == [
        "My tall friend sings.", "My short friend sings.", "My blue friend sings.",
    ]  # fmt: skip
    assert [item.role for item in items] == [Role.TEXT] * 3 + [Role.PROMPT] * 3


def test_spread_and_flips():
    items = swapped(FRAMES, TERMS)
    found = np.array([scores()] * 2 + [scores("hate", "unsafe")] * 4)
    swaps = swap_lines(FRAMES, TERMS, judged(found, items, POLICY))
    sings, insult = swaps.frames
    assert (sings.flips, sings.highest_term, sings.stopped.count) == (1, "blue", 1)
    assert sings.spread == pytest.approx(0.98)
    assert (insult.flips, insult.spread, insult.stopped.count) == (0, 0, 3)
    assert (swaps.flipped(False).count, swaps.flipped(True).count) == (1, 0)
    assert swaps.mean_spread(False) == pytest.approx(0.98)
    blue = swaps.terms[2]
    assert (blue.harmless_stopped.count, blue.harmful_stopped.count) == (1, 1)
    assert swaps.terms[0].harmless_mean == pytest.approx(0.01)
