"""Logits to probabilities, and their order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.calibrate import Calibration, CalibrationFile, Platt, Scale, as_scores
from models.encode import Window
from models.errors import BundleError
from models.outputs import OUTPUTS
from models.pool import chances, for_length, pool
from taxonomy.categories import Role
from taxonomy.files import native
from taxonomy.verdict import Scores

PAIR = ("one", "two")
FLOATS = st.floats(-1e6, 1e6, width=32)


def calibration(one=Platt(), two=Platt()):  # noqa: B008  # frozen
    return Calibration(CalibrationFile("platt", {"two": two, "one": one}), PAIR)


def test_each_output_has_its_own_slope_and_intercept():
    found = calibration(Platt(2.0, -1.0), Platt(0.5, 3.0)).probabilities(
        np.array([[1.0, 1.0], [0.5, -6.0]], np.float32), [Role.TEXT, Role.PROMPT]
    )
    np.testing.assert_allclose(found, [[0.7310586, 0.9706878], [0.5, 0.5]], rtol=1e-6)
    assert found.dtype == np.float32


def test_without_numbers_it_is_the_plain_sigmoid():
    found = calibration().of_one(np.array([0.0, 2.0], np.float32), Role.TEXT)
    np.testing.assert_allclose(found, [0.5, 0.8807971], rtol=1e-6)


def test_a_role_may_have_a_pair_of_its_own():
    one = Platt(2.0, -1.0, roles={Role.RESPONSE: Scale(1.0, 0.5), Role.TEXT: Scale(3.0)})
    found = calibration(one)
    logits = np.array([[1.0, 1.0]] * 4, np.float32)
    roles = [Role.TEXT, Role.PROMPT, Role.RESPONSE, Role.DOCUMENT]
    rows = found.probabilities(logits, roles)
    np.testing.assert_allclose(rows[:, 0], 1 / (1 + np.exp([-3.0, -1.0, -1.5, -1.0])), rtol=1e-6)
    np.testing.assert_allclose(rows[:, 1], [0.7310586] * 4, rtol=1e-6)
    for row, role in zip(rows, roles, strict=True):
        assert found.of_one(logits[0], role).tolist() == row.tolist()


def test_logits_at_the_edge_give_probabilities_at_the_edge():
    found = calibration(Platt(3.0, 5.0), Platt(0.1, -5.0)).probabilities(
        np.array([[-np.inf, -np.inf], [-3e38, 3e37], [1e4, -1e4]], np.float32), [Role.TEXT] * 3
    )
    assert found.tolist() == [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0]]


def test_no_number_stays_none():
    found = calibration().of_one(np.array([np.nan, 0.0], np.float32), Role.TEXT)
    assert np.isnan(found).tolist() == [True, False]


@settings(max_examples=200, deadline=None)
@given(arrays(np.float32, (2,), elements=FLOATS), arrays(np.float32, (2,), elements=FLOATS))
def test_a_greater_logit_is_never_less_probable(one, two):
    calibrate = calibration(Platt(0.01, 1.0), Platt(7.0, -2.0)).of_one
    low, high = calibrate(np.minimum(one, two), Role.TEXT), calibrate(np.maximum(one, two), Role.TEXT)
    assert (low <= high).all()
    assert (low >= 0).all()
    assert (high <= 1).all()


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("one",), "calibration.json does not match the outputs: two"),
        (("one", "two", "three"), "calibration.json does not match the outputs: three"),
        (("one", "too"), "calibration.json does not match the outputs: too, two"),
    ],
)
def test_other_outputs_are_refused(names, message):
    with pytest.raises(BundleError) as caught:
        Calibration(CalibrationFile("platt", dict.fromkeys(names, Platt())), PAIR)
    assert str(caught.value) == message


def test_a_file_is_read(tmp_path):
    path = tmp_path / "calibration.json"
    two = '{"intercept": 5, "tail": 0.1, "roles": {"text": {"intercept": 1}}}'
    path.write_text('{"method": "platt", "outputs": {"one": {"slope": 2}, "two": TWO}}'.replace("TWO", two))
    found = Calibration.load(path, PAIR).of_one(np.array([1.0, 1.0], np.float32), Role.TEXT)
    np.testing.assert_allclose(found, [0.8807971, 0.8807971], rtol=1e-6)


@pytest.mark.parametrize("slope", ["0", "-0.5"])
def test_a_slope_that_turns_scores_around_is_refused(tmp_path, slope):
    path = tmp_path / "calibration.json"
    path.write_text('{"method": "platt", "outputs": {"one": {"slope": SLOPE}, "two": {}}}'.replace("SLOPE", slope))
    with pytest.raises(BundleError) as caught:
        Calibration.load(path, PAIR)
    assert str(caught.value) == ("calibration.json cannot be read: Expected `float` > 0.0 - at `$.outputs[...].slope`")


def test_a_role_that_there_is_not_is_refused(tmp_path):
    path = tmp_path / "calibration.json"
    path.write_text('{"method": "platt", "outputs": {"one": {"roles": {"poem": {}}}, "two": {}}}')
    with pytest.raises(BundleError) as caught:
        Calibration.load(path, PAIR)
    assert str(caught.value) == (
        "calibration.json cannot be read: Invalid enum value 'poem' - at `key` in `$.outputs[...].roles`"
    )


def test_scores_keep_the_taxonomys_order_and_four_decimals():
    assert (*native().trained, "unsafe", "attack") == OUTPUTS
    row = np.linspace(0.10006, 0.50006, len(OUTPUTS), dtype=np.float32)
    scores = as_scores(row)
    # float64 before rounding: 0.1001 in float32 is 0.10010000318.
    wanted = [round(float(each), 4) for each in row]
    assert scores == Scores(tuple(wanted[:-2]), unsafe=wanted[-2], attack=0.5001)
    assert scores.categories[0] == 0.1001
    assert {type(each) for each in (*scores.categories, scores.unsafe, scores.attack)} == {float}


PLAIN, BASE64 = Window((1,), (0,)), Window((1,), (0,), "base64")


def test_pooling_takes_the_greatest_of_each_output():
    found = pool(np.array([[1, -5, 0], [3, -7, 0], [-2, -6, -1]], np.float32), [PLAIN, BASE64, PLAIN])
    assert found.logits.tolist() == [3.0, -5.0, 0.0]
    assert found.logits.dtype == np.float32
    assert found.views == ("base64", "", "")


def test_a_long_text_loses_what_its_length_gains_by_chance():
    found = pool(np.array([[1, -5], [3, -7], [-2, 2]], np.float32), [PLAIN, PLAIN, BASE64])
    tails = np.array([0.5, 0.0], np.float32)
    assert for_length(found, [PLAIN, PLAIN, BASE64], tails).logits == pytest.approx([3 - 0.5 * chances(2), 2.0])
    assert for_length(found, [PLAIN, BASE64, BASE64], tails) is found
    assert for_length(found, [], tails) is found


def test_the_longer_a_text_the_more_it_gains_by_chance():
    assert chances(1) == 0
    assert chances(4) == pytest.approx(np.log(4))
    gains = [chances(n) for n in (1, 2, 4, 16, 64)]
    assert gains == sorted(gains)
    assert chances(2) < np.log(2)
    assert chances(16) > np.log(16)


def test_pooling_one_window_changes_nothing():
    assert pool(np.array([[1, -5]], np.float32), [PLAIN]).logits.tolist() == [1.0, -5.0]


def test_pooling_nothing_gives_no_harm():
    found = pool(np.empty((0, 2), np.float32), [])
    assert found.views == ("", "")
    assert found.logits.tolist() == [-np.inf, -np.inf]
    assert calibration().of_one(found.logits, Role.TEXT).tolist() == [0.0, 0.0]


def test_pooling_does_not_hide_a_failure():
    assert np.isnan(pool(np.array([[1, 1], [np.nan, 2]], np.float32), [PLAIN] * 2).logits).tolist() == [True, False]
