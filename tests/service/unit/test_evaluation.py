"""Evaluations that cannot be used stop the start; the message repeats nothing of the file."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from service.configuration.settings import SettingsError
from service.evaluation import load_evaluation
from taxonomy.evaluation import BINS, POINTS, Evaluation

CURVE = {
    "positives": 3,
    "negatives": 5,
    "caught": [3] * POINTS,
    "stopped": [5] * POINTS,
    "histogram": [8] + [0] * (BINS - 1),
}
WHOLE: dict[str, Any] = {
    "kind": "evaluation",
    "made": "2026-01-01",
    "data": "sha256:" + "0" * 64,
    "model": "sha256:" + "1" * 64,
    "rows": 8,
    "curves": {"hate": CURVE, "other": CURVE},
}
NONE = "TIDEGATE_EVALUATION is no evaluation: "
UNKNOWN = NONE + "curves has a category that is unknown here"
WRONG = {
    "no json": (b"zebrafinch", NONE + "the file is not valid JSON: invalid character (byte 0)"),
    "another kind": (WHOLE | {"kind": "zebrafinch"}, NONE + "kind: must be evaluation"),
    "a key more": (WHOLE | {"zebrafinch": 1}, NONE + "has an unknown field; known are made, data, model, rows, curves"),
    "no rows": ({k: v for k, v in WHOLE.items() if k != "rows"}, NONE + "object missing required field rows"),
    "unknown slug": (WHOLE | {"curves": {"zebrafinch": CURVE}}, UNKNOWN),
    "derived slug": (WHOLE | {"curves": {"needs_caution": CURVE}}, UNKNOWN),
    "short": (
        WHOLE | {"curves": {"hate": CURVE | {"caught": [3] * 7}}},
        NONE + "curves.hate.caught has 7 counts instead of 101",
    ),
    "long": (
        WHOLE | {"curves": {"hate": CURVE | {"histogram": [3] * 21}}},
        NONE + "curves.hate.histogram has 21 counts instead of 20",
    ),
    "below 0": (
        WHOLE | {"curves": {"hate": CURVE | {"stopped": [-1] * POINTS}}},
        NONE + "curves.hate.stopped has a count below 0",
    ),
}


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / "evaluation.json"
    path.write_bytes(msgspec.json.encode(WHOLE))
    found = load_evaluation(str(path))
    assert found == msgspec.convert(WHOLE, Evaluation)
    assert load_evaluation("") is None


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_used_is_named(tmp_path, name):
    content, wrong = WRONG[name]
    path = tmp_path / "evaluation.json"
    path.write_bytes(content if isinstance(content, bytes) else msgspec.json.encode(content))
    with pytest.raises(SettingsError) as caught:
        load_evaluation(str(path))
    assert str(caught.value) == wrong


def test_a_file_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(SettingsError) as caught:
        load_evaluation(str(tmp_path / "zebrafinch"))
    assert str(caught.value) == "TIDEGATE_EVALUATION cannot be read (No such file or directory)"
