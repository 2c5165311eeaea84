"""False alarms are counted by kind, and each line says what its rows were to the training."""

import pytest

from models.training.corpus.build import HELD_OUT, LEFT_OUT
from models.training.evaluate.kinds import KINDS, Origin, harmless_parts, kind_lines, labelled_ids
from models.training.evaluate.rows import RESTRICTED, Standing
from tests.training.scored import example, scored
from tests.training.small import row, write_data

pytestmark = pytest.mark.train

CODE = Origin("gpteacher", "codegen")


def test_harmless_rows_are_counted_under_the_kind_of_their_source():
    sets = [
        scored(
            Standing.HELD_OUT,
            [
                (example("toxigen_demos-1"), ()),
                (example("toxigen_demos-2"), ("hate",)),
                (example("toxigen_demos-3", "hate", "unsafe"), ("hate",)),  # harmful: it is no false alarm
            ],
        ),
        scored(
            Standing.DEV,
            [
                (example("gpteacher-1"), ()),
                (example("gpteacher-2/prompt"), ("malware",)),
                (example("gpteacher-3"), ("malware",)),  # neither code nor a role played
                (example("stormfront_hate-1"), ("hate",)),  # of no kind
            ],
        ),
    ]
    labelled = dict.fromkeys((origin for of in KINDS.values() for origin in of if origin.label), frozenset())
    lines = kind_lines(harmless_parts(sets, labelled | {CODE: frozenset({"gpteacher-1", "gpteacher-2"})}))
    assert [(each.kind, each.source, each.trained, each.flagged.count, each.flagged.rows) for each in lines] == [
        ("code", "gpteacher", True, 1, 2),
        ("identity terms", "toxigen_demos", False, 1, 2),
    ]


def test_rows_are_chosen_by_a_label_of_their_source(tmp_path):
    rows = [row(f"gpteacher-{i}", "pair", prompt=f"Why {i}?", response="So.", labels={"codegen": i}) for i in (0, 1)]
    found = labelled_ids(write_data(tmp_path / "data", rows))
    assert found[CODE] == {"gpteacher-1"}
    assert found[Origin("gpteacher", "roleplay")] == frozenset()
    asked = Origin("gpteacher", "verse")
    assert asked not in found
    assert labelled_ids(write_data(tmp_path / "more", rows), [asked])[asked] == frozenset()


def test_no_kind_is_of_rows_that_nobody_measures():
    sources = {origin.source for origins in KINDS.values() for origin in origins}
    assert not sources & LEFT_OUT
    # What is restricted is measured only where its folder is given, and by name.
    assert {"ag_news", "oktest", "alpaca_prompts"} <= set(RESTRICTED) & sources
    assert {"toxigen_demos", "oasst_sample", "coconot"} <= HELD_OUT & sources
