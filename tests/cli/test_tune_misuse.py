"""`tidegate tune` and `tidegate sample` asked for what cannot be: nothing is scored, nothing is replaced."""

from pathlib import Path

import pytest

from taxonomy.files import load_policy
from tests.cli.conftest import Tidegate
from tests.cli.tuned import OBJECTIVE, texts, tune


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("--objective", "best"), 1, "tidegate: an objective is one of 'max_recall@fpr<=0.01', 'min_fpr@recall>=0.95'"),
        (("--confidence", "95"), 1, "tidegate: confidence must lie between 0 and 1, both left out, not 95.0"),
        (
            ("--costs", "miss=a"),
            2,
            "Error: --costs must be false_alarm=NUMBER, miss=NUMBER, review=NUMBER, or",
        ),
        (
            ("--costs", "mis=1"),
            2,
            "Error: --costs must be false_alarm=NUMBER, miss=NUMBER, review=NUMBER, or",
        ),
        (("--costs", "miss=-1"), 2, "Error: --costs: the cost of a miss must be 0 or more, not -1.0"),
        (
            ("--name", "no name"),
            2,
            "Error: --name must be letters, digits, '.', '_' and '-', and begin with",
        ),
        (
            ("--name", "default"),
            2,
            "Error: --name: a policy cannot extend itself: give another name than 'default', and put that one in force "
            "with TIDEGATE_POLICY or for a tenant",
        ),
        (("--policy", "nono"), 2, "Error: --policy must be one of children, default, nano, permissive, strict"),
        (("--objective", "reviews<=5/day"), 1, "tidegate: reviews a day need the texts a day that they are a share of"),
    ],
)
def test_misuse(tidegate: Tidegate, tmp_path: Path, arguments: tuple[str, ...], status: int, message: str) -> None:
    found, _, err = tune(tidegate, texts(tmp_path / "a.csv", 4, 2), *arguments)
    assert found == status
    assert err.splitlines()[-1].startswith(message)
    assert not (tmp_path / "mine.yaml").exists()


def test_an_output_that_cannot_be_written_costs_no_scoring(tidegate: Tidegate, tmp_path: Path) -> None:
    data = texts(tmp_path / "a.csv", 4, 2)
    result = tidegate("tune", data, "--objective", OBJECTIVE, "--output", tmp_path / "no" / "a.yaml")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == f"Error: {tmp_path}/no/a.yaml cannot be written: No such file or directory"
    assert list(tmp_path.iterdir()) == [data]


def test_what_is_there_is_replaced_only_when_asked(tidegate: Tidegate, tmp_path: Path) -> None:
    data, other = texts(tmp_path / "a.csv", 400), tmp_path / "next.jsonl"
    arguments = {
        "mine.yaml": ("tune", data, "--objective", "max_f1", "--output", tmp_path / "mine.yaml"),
        "report.html": ("tune", data, "--objective", "max_f1", "--output", other, "--report", tmp_path / "report.html"),
        "curves.json": (
            "tune",
            data,
            "--objective",
            "max_f1",
            "--output",
            other,
            "--evaluation",
            tmp_path / "curves.json",
        ),
        "pick.jsonl": ("sample", data, "--count", "5", "--output", tmp_path / "pick.jsonl"),
    }
    for name, given in arguments.items():
        (tmp_path / name).write_text("hours of work")
        result = tidegate(*given)
        assert (result.exit_code, result.stderr.splitlines()[-1]) == (
            2,
            f"Error: {tmp_path / name} is there already: name another file, or replace it with --force",
        )
        assert (tmp_path / name).read_text() == "hours of work"
    assert {each.name for each in tmp_path.iterdir()} == {"a.csv", *arguments}  # nor was anything scored
    assert tidegate(*arguments["mine.yaml"], "--force").exit_code == 0
    assert load_policy(tmp_path / "mine.yaml").name == "mine"


def test_a_file_that_is_no_data(tidegate: Tidegate, tmp_path: Path) -> None:
    status, _, err = tune(tidegate, tmp_path / "a.csv")
    assert (status, err) == (1, "tidegate: a.csv: cannot be read: No such file or directory\n")


@pytest.mark.parametrize("both", [True, False])
def test_data_or_a_log(tidegate: Tidegate, tmp_path: Path, both: bool) -> None:
    arguments = [tmp_path / "a.csv", "--log", tmp_path] if both else []
    result = tidegate("tune", *arguments, "--objective", OBJECTIVE, "--output", tmp_path / "mine.yaml")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, "Error: give either DATA or --log")
