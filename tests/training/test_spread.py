"""What chance does to the figures of the parity gate."""

import re
from itertools import islice

import numpy as np
import pytest
from click.testing import CliRunner

from models.calibrate import Calibration, CalibrationFile, Platt
from models.outputs import OUTPUTS
from models.training.export.parity import FIGURES, Limits, compare
from models.training.export.spread import drawn, main, refused, worst
from taxonomy.categories import Role
from taxonomy.files import shipped_policies
from tests.bundles import TRIGGERS, build_tiny_bundle
from tests.training.small import sources, write_data

pytestmark = pytest.mark.train

ROWS = 300
POLICY = shipped_policies()["default"]
PLAIN = Calibration(CalibrationFile("platt", dict.fromkeys(OUTPUTS, Platt())), OUTPUTS)


@pytest.fixture
def rows():
    """Logits of two graphs that differ in one row, which only the second stops, and all else that is compared."""
    one = np.random.default_rng(3).normal(-5, 0.5, (ROWS, len(OUTPUTS))).astype(np.float32)
    other = one.copy()
    other[7] += 10
    values = (one > -5).astype(np.float32)
    return (one, other), PLAIN, [Role.PROMPT] * ROWS, POLICY, (values, np.ones_like(values))


def test_all_rows_come_first_and_then_as_many_with_repeats(rows):
    (one, other), calibration, roles, policy, targets = rows
    whole, *again = islice(drawn(*rows, seed=1), 21)
    assert whole == compare(one, other, calibration, roles, policy, 0.0, targets=targets)
    assert {each.rows for each in again} == {ROWS}
    # Some draws are without the one row, others have it once or several times.
    assert {0, round(1 / ROWS, 4), round(2 / ROWS, 4)} <= {each.flips for each in again}
    assert again == list(islice(drawn(*rows, seed=1), 1, 21))
    assert again != list(islice(drawn(*rows, seed=2), 1, 21))


def test_the_worst_of_several_is_the_lowest_rank_correlation_and_the_highest_of_all_else(rows):
    whole, *again = islice(drawn(*rows, seed=1), 9)
    found = worst(again)
    assert found["spearman"] == min(min(each.spearman.values()) for each in again)
    for name in ("difference", "rare_difference", "mean_difference"):
        assert found[name] == max(getattr(each, name) for each in again)
    # Of a share its lower end: a row or two of 300 are less than chance may bring.
    assert 0 < found["flips"] < max(each.flips for each in again)
    assert worst([whole, *again])["difference"] == max(whole.difference, found["difference"])


def test_a_draw_beyond_a_limit_is_refused(rows):
    whole = next(drawn(*rows, seed=1))
    assert refused(whole, Limits(difference=whole.difference - 0.01))
    loose = dict.fromkeys(("rare_difference", "mean_difference", "near_difference", "precision_loss"), 1.0)
    assert not refused(whole, Limits(spearman=-1, difference=1, **loose))


def test_two_bundles_are_compared_on_the_dev_split(tmp_path):
    data = write_data(tmp_path / "data", sources())
    one = build_tiny_bundle(tmp_path / "one")
    other = build_tiny_bundle(tmp_path / "other", triggers=TRIGGERS | {"blue": {"hate": 0.9}})

    def printed(shipped, reference):
        options = ["--data", str(data.folder), "--draws", "3", str(shipped), str(reference)]
        found = CliRunner().invoke(main, options)
        assert found.exit_code == 0, found.output
        lines = [re.split(" {2,}", line) for line in found.stdout.splitlines()]
        return {line[0]: line[1:] for line in lines if line[0] in FIGURES.values()}, lines[-1][0]

    same, said = printed(one, one)
    assert set(same) == set(FIGURES.values())
    assert same["rank correlation"] == ["0.97", "1", "1"]
    assert same["largest difference of a probability"] == ["0.6", "0", "0"]
    assert said == "0 of 3 draws are refused"
    strayed, said = printed(other, one)
    assert float(strayed["largest difference of a probability"][1]) > 0.6
    assert said == "3 of 3 draws are refused"


def test_a_bundle_that_is_none_is_named(tmp_path):
    data = write_data(tmp_path / "data", sources(1))
    found = CliRunner().invoke(main, ["--data", str(data.folder), str(tmp_path), "default"])
    assert found.exit_code == 1
    assert found.stderr == f"Error: bundle {tmp_path}: manifest.json cannot be read: No such file or directory\n"
