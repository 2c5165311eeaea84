"""From a row's labels to values and weights: what nobody judged weighs nothing."""

import numpy as np
import pytest

from models.training.corpus.labels import IMPLIED, INDEX, WEAK, Trust, annotated_targets, source_targets
from models.training.corpus.sources import Annotation, LabelMeaning, SourceMeaning, SourceRow
from taxonomy.files import native

pytestmark = pytest.mark.train

NOBODY = Trust([], {})
NOTHING = SourceMeaning({})


def source_row(source, labels=None, unsafe=None):
    return SourceRow(f"{source}-0", source, "text", None, None, "words", labels or {}, unsafe)


def meaning(label, strong=(), weak=()):
    return SourceMeaning({label: LabelMeaning(tuple(strong), tuple(weak))})


def targets(row, of=NOTHING, trust=NOBODY):
    values, weights = source_targets(row, of, trust)
    return {slug: (float(values[i]), float(weights[i])) for slug, i in INDEX.items()}


def test_a_label_judges_its_categories_and_no_others():
    found = targets(source_row("edos_sexism", {"sexist": 0}), meaning("sexist", ["hate"]))
    assert found["hate"] == (0.0, 1.0)
    assert found["violence"][1] == found["unsafe"][1] == 0.0


def test_a_missing_label_is_masked_and_a_zero_is_not():
    of = meaning("insult", ["harassment"])
    assert targets(source_row("ethos"), of)["harassment"][1] == 0.0
    assert targets(source_row("ethos", {"insult": 0}), of)["harassment"] == (0.0, 1.0)


def test_a_weak_label_weighs_little_and_says_nothing_when_it_is_absent():
    of = meaning("toxic", weak=["harassment"])
    assert targets(source_row("ethos", {"toxic": 1}), of)["harassment"] == (0.75, np.float32(WEAK))
    assert targets(source_row("ethos", {"toxic": 0}), of)["harassment"][1] == 0.0


def test_a_share_of_raters_stays_soft():
    of = meaning("insult", ["harassment"])
    assert targets(source_row("ethos", {"insult": 0.25}), of)["harassment"] == (0.25, 1.0)


def test_a_harmless_row_of_a_harmless_source_is_negative_throughout_but_for_what_it_may_hold():
    found = targets(source_row("public_domain_fiction", unsafe=0))
    may_hold = {"violence", "threat", "profanity"}
    assert {slug for slug, (_, weight) in found.items() if weight == 0} == may_hold
    assert all(value == 0 for value, _ in found.values())


def test_a_source_without_attacks_implies_their_absence():
    found = targets(source_row("ethos", unsafe=1))
    assert found["jailbreak"] == found["prompt_injection"] == (0.0, IMPLIED)
    assert targets(source_row("coconot"))["jailbreak"][1] == 0.0


def test_the_unsafe_of_an_attack_source_means_the_attack():
    found = targets(source_row("hackaprompt_sample", {"attack": 1}, 1), meaning("attack", ["prompt_injection"]))
    assert found["prompt_injection"] == found["attack"] == (0.75, 1.0)
    assert found["unsafe"][1] == 0.0


def test_positives_are_worth_the_share_that_held_when_rows_were_read_again():
    rows = [SourceRow(f"ethos-{i}", "ethos", "text", None, None, "words", {}, 1) for i in range(10)]
    read = {row.id: Annotation(row.id, "ethos", (), 0.0, "test") for row in rows}
    trust = Trust(rows, read)
    assert trust.share("ethos") == pytest.approx(7.5 / 20)  # ten pseudo-rows at three quarters beside ten at none
    assert trust.share("davidson") == 0.75
    assert trust.share("written_pairs") == 1.0
    assert targets(rows[0], trust=trust)["unsafe"] == (pytest.approx(0.375), 1.0)


def test_an_annotation_judges_every_output():
    values, weights = annotated_targets(Annotation("x", "ethos", ("hate", "violence"), 0.75, "test"))
    assert weights.tolist() == [1.0] * len(INDEX)
    assert {slug for slug, i in INDEX.items() if values[i]} == {"hate", "violence", "unsafe"}
    assert values[INDEX["unsafe"]] == 0.75


def test_an_annotation_of_an_attack_alone_leaves_its_content_unjudged():
    values, weights = annotated_targets(Annotation("x", "ethos", ("jailbreak",), 0.5, "test"))
    assert values[INDEX["jailbreak"]] == values[INDEX["attack"]] == 1.0
    assert weights[INDEX["unsafe"]] == 0.0


def test_a_question_about_attacks_is_less_of_an_attack():
    values, _ = annotated_targets(Annotation("x", "ethos", ("jailbreak",), 0.25, "test"))
    assert values[INDEX["jailbreak"]] == values[INDEX["attack"]] == 0.5


def test_a_doubt_is_a_share():
    values, weights = annotated_targets(Annotation("x", "ethos", (), 0.5, "test", soft={"hate": 0.5}))
    assert (values[INDEX["hate"]], weights[INDEX["hate"]]) == (0.5, 1.0)


def test_every_named_category_is_one_of_the_taxonomy():
    assert set(INDEX) == {*native().trained, "unsafe", "attack"}
