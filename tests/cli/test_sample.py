"""`tidegate sample`: what it picks is written so that it can be labelled and tuned on."""

import json
from pathlib import Path

from tests.cli.conftest import Tidegate
from tests.cli.tuned import REVIEWED, log_of, tune
from tests.logged import decision


def test_texts_are_picked_labelled_and_tuned_on(tidegate: Tidegate, tmp_path: Path) -> None:
    data, picked = tmp_path / "a.csv", tmp_path / "pick.jsonl"
    data.write_text("text,role\n" + "".join(f"day {i} of weather,prompt\na weapon {i},prompt\n" for i in range(500)))
    result = tidegate("sample", data, "--count", "900", "--even", "0.8", "--output", picked)
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{picked}: 900 to label, 720 drawn evenly and 180 near thresholds\n"
    lines = [json.loads(line) for line in picked.read_text().splitlines()]
    assert [int(line["id"]) for line in lines] == sorted({int(line["id"]) for line in lines})
    assert all(line["labels"] is None for line in lines)
    assert sum(line["traffic"] for line in lines) == 720
    for line in lines:
        line["labels"] = ["guns_illegal_weapons"] if "weapon" in line["text"] else []
    picked.write_text("".join(json.dumps(line) + "\n" for line in lines))
    status, out, err = tune(tidegate, picked, objective="max_recall@fpr<=2%")
    assert (status, err) == (0, REVIEWED.format(473)), out
    assert "passed over" not in out


def test_what_is_picked_is_written_as_it_was(tidegate: Tidegate, tmp_path: Path) -> None:
    data, picked = tmp_path / "a.jsonl", tmp_path / "pick.jsonl"
    rows = [
        {"text": "  two\n\n\tlines\u00a0 and a \u200bword ", "role": "response", "context": " what\n is  it? "},
        {"text": "\ufb01rst \U0001d5ee  ", "role": "prompt", "context": "nobody  reads this"},
        {"text": " \u200b ", "role": "prompt"},
        {"text": "third\r\n", "role": "text"},
    ]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert tidegate("sample", data, "--count", "4", "--output", picked).exit_code == 0
    lines = [json.loads(line) for line in picked.read_text().splitlines()]
    assert [{name: line[name] for name in ("text", "role", "context") if name in line} for line in lines] == [
        rows[i] for i in (0, 1, 3)
    ]


def test_of_a_log_ids_are_picked(tidegate: Tidegate, tiny_bundle: Path, tmp_path: Path) -> None:
    log, picked = log_of(tmp_path / "log", tiny_bundle, 10, 5, 85), tmp_path / "pick.jsonl"
    result = tidegate("sample", "--log", log, "--count", "1000", "--output", picked)
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in picked.read_text().splitlines()]
    assert [line["id"] for line in lines] == [decision(i).id for i in range(15, 100)]
    assert not any("text" in line for line in lines)


def test_a_log_that_nobody_has_looked_at_is_picked_from(tidegate: Tidegate, tiny_bundle: Path, tmp_path: Path) -> None:
    log, picked = log_of(tmp_path / "log", tiny_bundle, 0, 0), tmp_path / "pick.jsonl"
    assert tidegate("sample", "--log", log, "--count", "20", "--output", picked).exit_code == 0
    assert len(picked.read_text().splitlines()) == 20
