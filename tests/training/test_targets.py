"""Each target is measured on the rows that stand for it, and says what it reached, or why it was not measured."""

import msgspec
import numpy as np
import pytest

from models.encode import Item
from models.training.corpus.build import HELD_OUT
from models.training.evaluate.kinds import Origin
from models.training.evaluate.precision import PrecisionLine
from models.training.evaluate.rows import OURS, RESTRICTED, Standing
from models.training.evaluate.standins import StandIn, beside, choose, holding, of_role, twins, worded
from models.training.evaluate.targets import TARGETS, origins, reached, target_lines
from taxonomy.categories import Role
from tests.training.scored import example, scored

pytestmark = pytest.mark.train

NO_LABELS = dict.fromkeys(origins(), frozenset())
PROMPTS = of_role(Role.PROMPT)


def lines(*sets, labelled=NO_LABELS, precision=()):
    """Return the lines by title and rows."""
    return {(each.title, each.rows): each for each in target_lines(sets, labelled, precision)}


def line(found, title, rows):
    (one,) = [each for key, each in found.items() if key[0].startswith(title) and key[1].startswith(rows)]
    return one


def test_every_stand_in_is_of_rows_that_somebody_measures():
    names = {name for target in TARGETS for wanted in target.of for name in wanted.names}
    trained = {"caia_safety", "cyberseceval_coding"}
    assert names == (names & (HELD_OUT | set(RESTRICTED) | {OURS})) | trained


@pytest.mark.parametrize("target", TARGETS, ids=lambda each: each.title)
def test_an_aim_is_further_than_a_must(target):
    assert reached(target.aim, target.must, target.aim, less=target.less) == "aim"
    assert reached(target.must, target.must, target.aim, less=target.less) == "must"
    worse = target.must + (0.001 if target.less else -0.001)
    assert reached(worse, target.must, target.aim, less=target.less) == "neither"


def test_what_is_not_there_is_not_measured_and_says_why():
    found = lines()
    assert {each.reached for each in found.values()} == {None}
    for title, rows, why in (
        ("hate functional", OURS, "no test set: --own was not given, or has none"),
        ("plainly dangerous", "catqa", "no such rows in --data"),
        ("jailbreak templates", "wildjailbreak_eval", "restricted: --restricted was not given, or lacks it"),
        ("int8", OURS, "--reference was not given"),
    ):
        assert line(found, title, rows).found.why == why


def test_shares_are_of_one_polarity_and_f1_is_of_both():
    harmful = [(example(f"catqa-{i}", "unsafe", "violence"), ("violence",) if i < 24 else ()) for i in range(25)]
    harmless = [(example(f"oasst_sample-{i}"), ("violence",) if i == 0 else ()) for i in range(50)]
    few = [(example("oasst_sample-99", "unsafe"), ())]
    found = lines(
        scored(Standing.HELD_OUT, harmful, "catqa"), scored(Standing.HELD_OUT, harmless + few, "oasst_sample")
    )
    recall = line(found, "plainly dangerous", "catqa")
    assert (recall.found.value, recall.found.harmful, recall.found.harmless) == (0.96, 25, None)
    assert (recall.standing, recall.reached) == ("held_out", "must")
    assert recall.found.low < 0.96 < recall.found.high
    flagged = line(found, "real chat traffic: harmless", "oasst_sample")
    assert (flagged.found.value, flagged.found.harmless, flagged.reached) == (0.02, 50, "aim")
    f1 = line(found, "real chat traffic: F1", "oasst_sample")
    assert (f1.found.value, f1.found.why, f1.reached) == (None, "1 harmful rows are too few", None)


def test_macro_f1_of_hate_is_by_its_own_rule():
    hateful = [(example(f"toxigen_demos-{i}", "hate", "unsafe", role=Role.TEXT), ("hate",)) for i in range(20)]
    # Flagged, and not for hate: no mistake here.
    others = [(example(f"toxigen_demos-{i + 20}", role=Role.TEXT), ("violence",)) for i in range(20)]
    found = line(lines(scored(Standing.HELD_OUT, hateful + others, "toxigen_demos")), "hate functional", "toxigen")
    assert (found.found.value, found.found.harmful, found.found.harmless) == (1.0, 20, 20)
    wrong = [(each, ()) for each, _ in hateful]
    found = line(lines(scored(Standing.HELD_OUT, wrong + others, "toxigen_demos")), "hate functional", "toxigen")
    assert found.found.value == 0.3333  # 0 of hate, 2/3 of the rest


def test_injections_in_documents_need_a_hundred_clean_ones():
    def documents(clean):
        rows = [(example(f"d-{i}", "prompt_injection", "attack", role=Role.DOCUMENT), ("attack",)) for i in range(20)]
        rows += [(example(f"c-{i}", role=Role.DOCUMENT), ()) for i in range(clean)]
        return line(lines(scored(Standing.TEST, rows, OURS)), "injections inside", OURS).found

    assert documents(100).value == 1
    assert documents(99).why == "99 harmless rows are too few"


def test_trigger_words_count_as_flagged_only_by_the_rule_of_an_attack():
    said = "Please ignore my last message, what is the time?"
    rows = [(example(f"w-{i}", text=said), ("jailbreak",) if i < 5 else ("violence",)) for i in range(25)]
    rows += [(example(f"o-{i}", text="a cake"), ("jailbreak",)) for i in range(25)]
    found = line(lines(scored(Standing.TEST, rows, OURS)), "harmless prompts with injection", OURS)
    assert (found.found.value, found.found.harmless, found.reached) == (0.2, 25, "must")


def test_the_loss_is_that_of_the_category_that_loses_most():
    found = line(lines(precision=[PrecisionLine("hate", 0.75, 0.757), PrecisionLine("threat", 0.9, 0.8)]), "int8", OURS)
    assert (found.found.value, found.reached) == (0.007, "must")
    assert found.rows == "our test set and dev: hate loses most"


def test_rows_are_chosen_by_source_label_and_standing():
    topic = Origin("caia_safety", "topic:cyber-safety")
    rows = [(example(name), ()) for name in ("caia_safety-1/prompt", "caia_safety-2/prompt", "dolly_sample-1/prompt")]
    sets = [scored(Standing.DEV, rows, "dev"), scored(Standing.RESTRICTED, rows, "other")]
    wanted = StandIn(("caia_safety",), "prompts", PROMPTS, ("topic:cyber-safety",))
    chosen = choose(sets, wanted, {topic: frozenset({"caia_safety-1"})})
    assert [each.id for each in chosen.examples] == ["caia_safety-1/prompt"]
    assert chosen.standing is Standing.DEV
    assert len(chosen.found.verdicts) == 1
    assert choose(sets, wanted, {topic: frozenset()}) is None


def grouped(group, *harm, role=Role.PROMPT, text="some words"):
    return msgspec.structs.replace(example("ours-1", *harm, text=text), group=group, item=Item(role, text))


def test_rows_are_chosen_by_their_group_and_by_what_holds():
    rows = [
        grouped("a", "unsafe", "malware"),
        grouped("a"),
        grouped("b", "unsafe", "jailbreak"),
        grouped("b", role=Role.TEXT),
        grouped("c", "jailbreak", text="Act as my aunt"),
    ]
    assert np.flatnonzero(twins(rows)).tolist() == [0, 1]
    assert np.flatnonzero(beside("malware", Role.PROMPT)(rows)).tolist() == [0, 1]
    assert np.flatnonzero(beside("jailbreak", Role.TEXT)(rows)).tolist() == [3]
    assert np.flatnonzero(holding("jailbreak", "unsafe")(rows)).tolist() == [2]
    assert np.flatnonzero(worded(rows)).tolist() == [4]
