"""`tidegate tune`: from a file of labelled texts to a policy with evidence, and what it says where it cannot."""

from pathlib import Path

import pytest
import yaml

from models.bundle import Bundle
from models.tuning.records import digest_of
from service.evaluation import load_evaluation
from taxonomy.files import check, load_policy
from taxonomy.policy import Policy
from tests.cli.conftest import Tidegate
from tests.cli.tuned import OBJECTIVE, REVIEWED, texts, tune


def test_a_policy_with_evidence(tidegate: Tidegate, tiny_bundle: Path, tmp_path: Path) -> None:
    data = texts(tmp_path / "a.csv")
    status, out, err = tune(tidegate, data)
    # All weapons score so high that the most careful threshold will do, at which they go to review.
    assert (status, err) == (0, REVIEWED.format(60)), (out, err)
    file = tmp_path / "mine.yaml"
    assert check(file) == ()
    policy = load_policy(file)
    assert policy.proven
    assert policy.evidence
    assert policy.evidence.data == digest_of(data)
    assert policy.evidence.model == Bundle.open(tiny_bundle).digest
    assert (policy.evidence.objective, policy.evidence.confidence) == (OBJECTIVE, 0.95)
    assert (policy.evidence.chosen_on, policy.evidence.verified_on) == (430, 430)
    fpr, recall, reviews = policy.evidence.promises
    assert (fpr.of, fpr.figure, fpr.limit, fpr.rows, fpr.errors) == ("overall", "fpr", 0.01, 400, 0)
    assert fpr.bound < 0.01
    assert (recall.figure, recall.limit, recall.errors) == ("recall", None, 0)
    assert reviews.figure == "reviews"
    assert yaml.safe_load(file.read_text())["extends"] == "default"
    assert "860 rows, 860 of them distinct: 800 harmless, 60 harmful\n" in out
    assert "│ overall │ false positives │ ≤ 1.00 % │ at most 0.75 %   │ 0 of 400 stopped   │" in out
    assert out.endswith(f"{file}: policy 'mine', over 'default'\n")
    assert tidegate("check", file).exit_code == 0


def test_too_few_rows_are_refused_with_how_many_are_missing(tidegate: Tidegate, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("what stood there")
    status, out, err = tune(tidegate, texts(tmp_path / "a.csv", harmless=100), "--force")
    assert status == 3
    assert (
        "refused: overall: fpr <= 0.01 at 0.95 confidence cannot be promised: without an error at least 299 harmless "
        "rows are needed, and there are 50 to verify it on: label about 498 more, of which 50% are to verify"
    ) in " ".join(out.split())
    assert err == "nothing that was asked for can be promised: no policy was written\n"
    assert (tmp_path / "mine.yaml").read_text() == "what stood there"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        # ten rows, one class only, nothing but copies, labels that say nothing
        (
            "".join(f"text {i},{'safe' if i % 2 else 'unsafe'}\n" for i in range(10)),
            "at least 299 harmless rows are needed",
        ),
        ("".join(f"text {i},safe\n" for i in range(900)), "no row to choose on is labelled harmful"),
        ("".join(f"text {i},unsafe\n" for i in range(900)), "there are 0 to verify it on"),
        ("same,safe\n" * 900 + "a weapon,unsafe\nmy weapon,unsafe\n", "at least 299 harmless rows are needed"),
        ("".join(f"text {i},\n" for i in range(20)), "no row to choose on is labelled harmful"),
    ],
)
def test_rows_that_can_promise_nothing(tidegate: Tidegate, tmp_path: Path, rows: str, words: str) -> None:
    (tmp_path / "a.csv").write_text("text,label\n" + rows)
    status, out, _ = tune(tidegate, tmp_path / "a.csv")
    assert status == 3
    assert words in " ".join(out.split())
    assert not (tmp_path / "mine.yaml").exists()


def test_labels_without_a_counterpart_are_left_out_and_told(tidegate: Tidegate, tmp_path: Path) -> None:
    rows = ["FLIRTATION"] * 60 + ["SPAM"] * 50 + ["none"] * 40 + ["INSULT;SPAM"] * 30 + ["SEVERE_TOXICITY"] * 20
    (tmp_path / "a.csv").write_text("text,labels\n" + "".join(f"text {i},{row}\n" for i, row in enumerate(rows)))
    status, out, _ = tune(tidegate, tmp_path / "a.csv", "--labels", "perspective")
    assert status == 3
    assert "labels without a counterpart here were left out: FLIRTATION, SPAM\n" in out
    assert "200 rows, 200 of them distinct: 100 harmless, 50 harmful" in out


def test_labels_that_contradict_each_other_are_counted(tidegate: Tidegate, tmp_path: Path) -> None:
    data = texts(tmp_path / "a.csv")
    data.write_text(data.read_text() + "\nthe weather of day 1,prompt,hate\nthe weather of  day 2,prompt,threat\n")
    status, out, _ = tune(tidegate, data)
    assert status == 0
    assert (
        "862 rows, 860 of them distinct: 798 harmless, 60 harmful; 2 not judged as a whole; 2 labelled both ways" in out
    )


def test_each_category_by_itself(tidegate: Tidegate, tmp_path: Path) -> None:
    status, out, _ = tune(tidegate, texts(tmp_path / "a.csv"), "--scope", "category", "--separate")
    assert status == 0
    assert "guns_illegal_weapons" in out
    policy = yaml.safe_load((tmp_path / "mine.yaml").read_text())
    promised = [each["of"] for each in policy["evidence"]["promises"] if "limit" in each]
    assert "guns_illegal_weapons" in promised
    assert set(promised) == set(policy["categories"])


def test_costs_and_bands(tidegate: Tidegate, tmp_path: Path) -> None:
    data = texts(tmp_path / "a.csv")
    status, out, err = tune(tidegate, data, "--costs", "false_alarm=1, miss=5,review=0.1", objective="min_cost")
    assert (status, err) == (0, ""), out
    status, out, err = tune(tidegate, data, "--texts-per-day", "10000", "--force", objective="reviews<=500/day")
    assert (status, err) == (0, ""), out
    assert "≤ 5.00 %" in out


def test_a_policy_of_ones_own_is_begun_with(tidegate: Tidegate, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("kind: policy\nname: own\ndescription: ours\nextends: default\ndefaults: {action: block}\n")
    status, out, err = tune(tidegate, texts(tmp_path / "a.csv"), "--policy", own, "--name", "own-2")
    assert (status, err) == (0, REVIEWED.format(60)), out
    assert tidegate("check", own, tmp_path / "mine.yaml").exit_code == 0
    written = yaml.safe_load((tmp_path / "mine.yaml").read_text())
    assert (written["name"], written["extends"]) == ("own-2", "own")


def test_a_policy_is_worth_nothing_once_changed_by_hand(tidegate: Tidegate, tmp_path: Path) -> None:
    assert tune(tidegate, texts(tmp_path / "a.csv"))[0] == 0
    file = tmp_path / "mine.yaml"
    changed = yaml.safe_load(file.read_text())
    changed["categories"]["hate"] = {"threshold": 0.123}
    file.write_text(yaml.safe_dump(changed))
    policy: Policy = load_policy(file)
    assert not policy.proven


def test_the_curves_are_written_beside(tidegate: Tidegate, tmp_path: Path) -> None:
    data, curves = texts(tmp_path / "a.csv"), tmp_path / "curves.json"
    assert tune(tidegate, data, "--evaluation", curves)[0] == 0
    found = load_evaluation(str(curves))
    assert found
    assert (found.rows, found.data) == (860, digest_of(data))
    curve = found.curves["guns_illegal_weapons"]
    assert (curve.positives, curve.caught[90], curve.negatives, curve.stopped[90]) == (60, 60, 800, 0)


def test_the_page_is_written_beside(tidegate: Tidegate, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    assert tune(tidegate, texts(tmp_path / "a.csv"), "--report", page)[0] == 0
    text = page.read_text()
    assert "<h1>mine</h1>" in text
    assert "weather of day" not in text


def test_a_category_that_catches_nothing_is_warned_of(tidegate: Tidegate, tmp_path: Path) -> None:
    data, page = texts(tmp_path / "a.csv"), tmp_path / "report.html"
    data.write_text(data.read_text() + "".join(f"\nno words of number {i},prompt,threat" for i in range(20)))
    status, out, err = tune(tidegate, data, "--report", page)
    warning = "threat catches none of its 20 labelled rows by itself, 0 before; 0 are caught by something else"
    assert (status, err) == (0, REVIEWED.format(60) + f"warning: {warning}\n"), out
    assert f"<p>{warning}</p>" in page.read_text()
