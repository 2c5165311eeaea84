"""The figures of a set against what is known by hand and against scikit-learn and SciPy."""

import numpy as np
import pytest

from models.errors import ModelError
from models.outputs import OUTPUTS
from models.training.evaluate.figures import decisions, figures_of, ranks
from models.training.evaluate.measure import measured_of, own_texts, reliability_of
from models.training.evaluate.precision import precision_lines
from models.training.evaluate.quality import recall_at
from models.training.evaluate.reliability import diagram, diagrams
from models.training.evaluate.rows import OURS, Standing, language_sets
from models.training.evaluate.share import Share
from models.training.policy import policy_named
from taxonomy.categories import Role
from tests.training.scored import POLICY, example, scored

pytestmark = pytest.mark.train

HATE, UNSAFE = OUTPUTS.index("hate"), OUTPUTS.index("unsafe")


def floats(*values):
    return np.array(values, dtype=np.float32)


def test_the_interval_of_a_share_is_wilsons():
    # scipy.stats.binomtest(k, n).proportion_ci(method="wilson")
    assert Share(7, 50).interval == pytest.approx((0.069508, 0.261865), abs=1e-5)
    assert Share(0, 20).interval == pytest.approx((0, 0.161125), abs=1e-5)
    assert Share(20, 20).interval == pytest.approx((0.838875, 1), abs=1e-5)
    assert np.isnan(Share(0, 0).value)
    assert Share(0, 0).interval == (0, 1)


def test_recall_at_a_budget_of_false_positives():
    scores, truth = floats(0.9, 0.8, 0.7, 0.6, 0.5, 0.4), np.array([True, False, True, True, False, False])
    assert recall_at(scores, truth, 0.34) == 1.0
    assert recall_at(scores, truth, 0.33) is None  # less than one of three negatives
    scores, truth = np.linspace(1, 0, 120, dtype=np.float32), np.arange(120) % 6 == 0
    assert recall_at(scores, truth, 0.01) == pytest.approx(1 / 20)
    assert recall_at(scores, truth, 0.05) == pytest.approx(2 / 20)
    assert recall_at(scores, np.ones(120, dtype=bool), 0.05) is None


def test_decisions_by_hand():
    found = decisions(np.array([True, True, True, False]), np.array([True, False, True, True]))
    assert (found.precision, found.recall, found.f1, found.false_positives) == (0.6667, 0.6667, 0.6667, 1.0)
    nothing = decisions(np.array([False, False]), np.array([False, False]))
    assert (nothing.precision, nothing.recall, nothing.f1, nothing.false_positives) == (None, None, None, 0.0)


def test_ranks_leave_out_what_nobody_judged():
    found = ranks(floats(0.9, 0.1, 0.95), floats(1, 0, 0), floats(1, 1, 0))
    assert (found.positives, found.negatives, found.average_precision) == (1, 1, 1.0)
    assert found.recall_at_1 is None


def test_figures_of_a_set_whole_by_role_and_by_category():
    rows = [(example(f"a-{i}", "hate", "unsafe"), ("hate", "unsafe") if i < 15 else ()) for i in range(20)]
    rows += [(example(f"b-{i}", role=Role.DOCUMENT), ("hate",) if i < 5 else ()) for i in range(20)]
    found = figures_of(*scored(Standing.TEST, rows))
    assert (found.whole.harmless.flagged, found.whole.harmful.flagged) == (0.25, 0.75)
    assert found.whole.flagged.precision == found.whole.flagged.recall == 0.75
    assert found.whole.flagged.false_positives == 0.25
    assert set(found.roles) == {Role.PROMPT, Role.DOCUMENT}
    assert found.roles[Role.DOCUMENT].harmful is None
    assert found.roles[Role.PROMPT].rows == 20
    assert set(found.categories) == {"hate"}
    assert found.categories["hate"].decisions.recall == 0.75
    assert found.categories["hate"].ranks.roc_auc == pytest.approx(0.75)


def test_a_line_for_all_held_out_sources_and_one_for_what_was_written_in_dev():
    first, second = (
        scored(Standing.HELD_OUT, [(example(f"{name}-1"), ()), (example(f"{name}-2", "unsafe"), ("hate",))], name)
        for name in "ab"
    )
    dev = scored(Standing.DEV, [(example("written-1"), ()), (example("gsm8k-1"), ())], "dev")
    measured = measured_of([first, second, dev], POLICY)
    assert [(each.name, each.whole.rows) for each in measured.figures] == [
        ("a", 2), ("b", 2), ("all held out", 4), ("dev", 2), ("dev, written", 1),
    ]  # fmt: skip
    assert [len(each.diagrams) for each in reliability_of([first, second, dev])] == [0, 0]


def test_our_own_texts_are_the_test_set_or_what_was_written_in_dev():
    languages = scored(Standing.TEST, [(example("languages-1"), ())], "other languages")
    dev = scored(Standing.DEV, [(example("written-1"), ()), (example("gsm8k-1"), ())], "dev")
    ours = scored(Standing.TEST, [(example("written-9"), ())], OURS)
    assert own_texts([languages, dev, ours]).name == OURS
    assert [each.id for each in own_texts([languages, dev]).examples] == ["written-1"]
    assert own_texts([languages]).examples == []


def test_reliability_bins():
    found = diagram("unsafe", floats(0.02, 0.04, 0.95, 1.0), floats(0, 1, 1, 1))
    assert [(each.place, each.rows, each.observed) for each in found.bins] == [(0, 2, 0.5), (9, 2, 1.0)]
    assert found.bins[0].predicted == pytest.approx(0.03)
    assert found.error == pytest.approx((abs(0.03 - 0.5) + abs(0.975 - 1)) / 2, abs=1e-4)


def test_an_output_with_few_rows_of_a_polarity_has_no_diagram():
    values, weights = np.zeros((60, len(OUTPUTS)), np.float32), np.ones((60, len(OUTPUTS)), np.float32)
    values[:20, HATE] = values[:19, UNSAFE] = 1
    assert [each.output for each in diagrams(values, values, weights)] == ["hate"]
    assert [(e.output, e.bundle, e.reference) for e in precision_lines(values, 1 - values, values, weights)] == [
        ("hate", 1.0, pytest.approx(0.3333, abs=1e-3))
    ]


def test_the_texts_in_other_languages_are_harmless():
    (rows,) = language_sets()
    assert len(rows.examples) == len({each.item.text for each in rows.examples}) >= 40
    assert not any(each.targets[0].any() for each in rows.examples)


def test_an_unknown_policy_is_refused_by_name():
    with pytest.raises(ModelError, match="unknown policy 'mild': shipped are "):
        policy_named("mild")
