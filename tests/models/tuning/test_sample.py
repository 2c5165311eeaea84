"""What to label next: a fair draw, what lies near thresholds, no text twice and none that is labelled."""

import numpy as np
import pytest

from models.outputs import OUTPUTS
from models.tuning.rows import LabelledRows
from models.tuning.sample import EVEN, NEAR, sample
from models.tuning.tuned import TuningError
from taxonomy.categories import Role
from taxonomy.files import shipped_policies

DEFAULT = shipped_policies()["default"]
ROWS = 2_000
HATE, UNSAFE = OUTPUTS.index("hate"), OUTPUTS.index("unsafe")


def rows(labelled: int = 0, copies: int = 1) -> LabelledRows:
    random = np.random.default_rng(5)
    steps = random.integers(0, 200, (ROWS, len(OUTPUTS))).astype(np.uint16)
    steps[:, UNSAFE] = random.integers(0, 10_001, ROWS)
    known = np.zeros(steps.shape, bool)
    known[:labelled] = True
    groups, roles = np.arange(ROWS) // copies, (np.arange(ROWS) % 10 == 0).astype(np.uint8)
    return LabelledRows(steps, np.zeros(steps.shape, bool), known, roles, groups, np.ones(ROWS, bool))


def test_the_even_part_is_a_fair_draw() -> None:
    found = sample(rows(), DEFAULT, 400, even=1.0)
    assert len({each.place for each in found}) == 400
    assert {each.part for each in found} == {EVEN}
    places = np.array([each.place for each in found])
    # Roles in their share, and of the overall score as many above each tenth as there are.
    assert (places % 10 == 0).sum() == pytest.approx(40, abs=2)
    scores = rows().scores
    for tenth in range(1, 10):
        above = (scores[:, UNSAFE] > 1_000 * tenth).mean()
        assert (scores[places, UNSAFE] > 1_000 * tenth).mean() == pytest.approx(above, abs=0.01)


def test_every_text_is_as_likely_as_any_other() -> None:
    drawn = np.zeros(ROWS)
    for seed in range(300):
        for each in sample(rows(), DEFAULT, 200, even=1.0, seed=seed):
            drawn[each.place] += 1
    # 30 times each, with the deviation of a binomial: none is left out, none preferred.
    assert drawn.min() > 8
    assert drawn.max() < 60


def test_the_near_part_lies_nearest_to_the_thresholds() -> None:
    of = rows()
    at = round(DEFAULT.rules[Role.TEXT]["hate"].threshold * 10_000)
    of.scores[[100, 200, 300], HATE] = [at - 3, at + 2, at - 900]
    found = sample(of, DEFAULT, 60, even=0.0)
    assert {each.part for each in found} == {NEAR}
    assert len({each.place for each in found}) == 60
    hate = [(each.place, each.distance) for each in found if each.category == "hate"]
    assert hate[:3] == [(200, 0.0002), (100, 0.0003), (300, 0.09)]
    # Every category in turn, those that let pass in the role aside.
    counts = {slug: sum(each.category == slug for each in found) for slug in {each.category for each in found}}
    assert max(counts.values()) - min(counts.values()) <= 1


def test_a_category_that_is_let_pass_asks_for_nothing() -> None:
    of = rows()
    prompts = of._replace(roles=np.zeros(ROWS, np.uint8))
    assert "unauthorized_advice" not in {each.category for each in sample(prompts, DEFAULT, 100, even=0.0)}


def test_what_is_labelled_and_copies_are_left_out() -> None:
    found = sample(rows(labelled=1_500, copies=4), DEFAULT, 1_000)
    assert len(found) == 125
    groups = {each.place // 4 for each in found}
    assert len(groups) == 125
    assert min(groups) == 375


def test_the_same_seed_picks_the_same() -> None:
    assert sample(rows(), DEFAULT, 50, seed=3) == sample(rows(), DEFAULT, 50, seed=3)
    assert sample(rows(), DEFAULT, 50, seed=3) != sample(rows(), DEFAULT, 50, seed=4)


def test_nothing_left_to_label() -> None:
    with pytest.raises(TuningError, match=r"^every text is labelled already: there is nothing to pick$"):
        sample(rows(labelled=ROWS), DEFAULT, 5)
