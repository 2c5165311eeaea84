"""`tidegate tune` on a decision log with feedback."""

from pathlib import Path

from models.bundle import Bundle
from taxonomy.decision import short
from taxonomy.files import load_policy
from tests.cli.conftest import Tidegate
from tests.cli.tuned import OBJECTIVE, log_of


def test_a_log_with_feedback_is_tuned_on(tidegate: Tidegate, tiny_bundle: Path, tmp_path: Path) -> None:
    log, output = log_of(tmp_path / "log", tiny_bundle), tmp_path / "mine.yaml"
    result = tidegate("tune", "--log", log, "--objective", OBJECTIVE, "--output", output)
    assert result.exit_code == 0, result.output
    assert "780 decisions of the log, 730 of them with feedback\n" in result.stdout
    assert "780 rows, 780 of them distinct: 700 harmless, 30 harmful; 50 not judged as a whole\n" in result.stdout
    policy = load_policy(output)
    assert policy.proven
    assert policy.evidence
    assert policy.evidence.model == Bundle.open(tiny_bundle).digest
    fpr, _, reviews = policy.evidence.promises
    assert (fpr.rows, fpr.errors) == (350, 0)
    assert reviews.rows == 390  # of all decisions, heard of or not


def test_a_log_of_another_bundle(tidegate: Tidegate, tiny_bundle: Path, tmp_path: Path) -> None:
    log = log_of(tmp_path / "log", tiny_bundle)
    file = log / "decisions-1.jsonl"
    file.write_bytes(file.read_bytes().replace(short(Bundle.open(tiny_bundle).digest).encode(), b"f" * 16))
    result = tidegate("tune", "--log", log, "--objective", OBJECTIVE, "--output", tmp_path / "mine.yaml")
    assert result.exit_code == 1
    assert result.stderr.startswith("tidegate: the log has no decision that the bundle in force, sha256:")


def test_a_log_without_feedback(tidegate: Tidegate, tiny_bundle: Path, tmp_path: Path) -> None:
    log = log_of(tmp_path / "log", tiny_bundle, 0, 0)
    result = tidegate("tune", "--log", log, "--objective", OBJECTIVE, "--output", tmp_path / "mine.yaml")
    assert result.exit_code == 1
    assert result.stderr == "tidegate: the log has no feedback on what the bundle in force has scored\n"
