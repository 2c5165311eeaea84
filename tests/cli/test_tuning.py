"""`tidegate tune`: from a file of labelled texts to a policy with evidence, and what it says where it cannot."""

import json
from pathlib import Path

import msgspec
import pytest
import yaml

from models.bundle import Bundle
from models.tuning.records import digest_of
from service.evaluation import load_evaluation
from taxonomy.categories import Role
from taxonomy.decision import Decision, Feedback, short
from taxonomy.files import check, load_policy, native
from taxonomy.policy import Action, Policy
from tests.cli.conftest import Tidegate

OBJECTIVE = "max_recall@fpr<=1%"


REVIEWED = "warning: guns_illegal_weapons blocks none of its {0} labelled rows, {0} before; {0} go to review for it\n"


def texts(path: Path, harmless: int = 800, harmful: int = 60) -> Path:
    rows = ["text,role,labels"]
    rows += [f"the weather of day {i},prompt,none" for i in range(harmless)]
    rows += [f"number {i} is a weapon,prompt,guns_illegal_weapons" for i in range(harmful)]
    path.write_text("\n".join(rows))
    return path


def tune(tidegate: Tidegate, data: Path, *arguments: str | Path, objective: str = OBJECTIVE) -> tuple[int, str, str]:
    output = data.with_name("mine.yaml")
    result = tidegate("tune", data, "--objective", objective, "--output", output, *arguments)
    return result.exit_code, result.stdout, result.stderr


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


def test_a_second_tuning_scores_nothing_and_says_the_same(
    tidegate: Tidegate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = texts(tmp_path / "a.csv")
    first = tune(tidegate, data)
    kept, policy = tmp_path / "a.csv.scores.npz", (tmp_path / "mine.yaml").read_bytes()
    assert {each.name for each in tmp_path.iterdir()} == {"a.csv", "a.csv.scores.npz", "mine.yaml"}
    before = kept.read_bytes()
    monkeypatch.setattr("service.cli.scored.Scorer", lambda *_: pytest.fail("nothing should be scored"))
    assert tune(tidegate, data, "--force") == first
    assert (tmp_path / "mine.yaml").read_bytes() == policy
    assert kept.read_bytes() == before


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


def test_labels_that_change_and_rows_that_go_score_nothing(
    tidegate: Tidegate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = texts(tmp_path / "a.csv")
    assert tune(tidegate, data)[0] == 0
    lines = data.read_text().replace("day 7,prompt,none", "day 7,prompt,hate").splitlines()
    with monkeypatch.context() as patched:
        patched.setattr("service.cli.scored.Scorer", lambda *_: pytest.fail("nothing should be scored"))
        data.write_text("\n".join([lines[0], *reversed(lines[20:])]))
        assert tune(tidegate, data, "--force")[0] == 0
    data.write_text("\n".join([*lines, "another,prompt,none"]))
    status, out, _ = tune(tidegate, data, "--force")
    assert status == 0
    assert "861 rows" in out
    secret = tidegate("sample", data, "--count", "1", "--output", tmp_path / "b.jsonl", TIDEGATE_CACHE_SECRET="a" * 32)
    assert secret.stderr.startswith("tidegate: a.csv.scores.npz: was written under another TIDEGATE_CACHE_SECRET: ")


def test_what_classify_has_scored_need_not_be_scored(
    tidegate: Tidegate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [msgspec.json.encode({"text": f"the day {i}", "role": "prompt"}) for i in range(800)]
    lines += [msgspec.json.encode({"text": f"weapon {i}", "role": "prompt"}) for i in range(60)]
    scored = tidegate("classify", "--json", "-", stdin=b"\n".join(lines))
    assert scored.exit_code == 0
    data = tmp_path / "a.jsonl"
    with data.open("wb") as file:
        for i, line in enumerate(scored.stdout.splitlines()):
            labels = ["guns_illegal_weapons"] if i >= 800 else []
            file.write(msgspec.json.encode(msgspec.json.decode(line) | {"labels": labels}) + b"\n")
    monkeypatch.setattr("service.cli.scored.Scorer", lambda *_: pytest.fail("nothing should be scored"))
    status, out, err = tune(tidegate, data)
    assert (status, err) == (0, REVIEWED.format(60)), out
    assert load_policy(tmp_path / "mine.yaml").proven
    assert "rows without a text were scored before; copies among them cannot be told\n" in out


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


def _log(folder: Path, bundle: Path, harmless: int = 700, harmful: int = 30, unheard: int = 50) -> Path:
    """Write decisions, and feedback on the first of them: all were right."""
    folder.mkdir()
    lines: list[bytes] = []
    width = len(native().trained) + 2
    guns = native().trained.index("guns_illegal_weapons")
    for i in range(harmless + harmful + unheard):
        bad = harmless <= i < harmless + harmful
        scores = [9_900 if bad and at in (guns, width - 2) else 100 + i % 90 for at in range(width)]
        made = Decision(
            id=f"tg-{i:024x}-0",
            time=1_700_000_000_000 + i,
            role=Role.PROMPT,
            scores=tuple(scores),
            verdict=Action.BLOCK if bad else Action.ALLOW,
            policy="default",
            policy_digest="0" * 16,
            model=short(Bundle.open(bundle).digest),
            taxonomy=short(native().digest),
            text=f"{i:032x}",
            tokens=5,
            scored=5,
            windows=1,
            language="en",
        )
        lines.append(msgspec.json.encode(made))
        if i < harmless + harmful:
            lines.append(msgspec.json.encode(Feedback(made.id, made.time + 1, right=True)))
    (folder / "decisions-1.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    return folder


def test_a_log_with_feedback_is_tuned_on(tidegate: Tidegate, tiny_bundle: Path, tmp_path: Path) -> None:
    log, output = _log(tmp_path / "log", tiny_bundle), tmp_path / "mine.yaml"
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
    log = _log(tmp_path / "log", tiny_bundle)
    file = log / "decisions-1.jsonl"
    file.write_bytes(file.read_bytes().replace(short(Bundle.open(tiny_bundle).digest).encode(), b"f" * 16))
    result = tidegate("tune", "--log", log, "--objective", OBJECTIVE, "--output", tmp_path / "mine.yaml")
    assert result.exit_code == 1
    assert result.stderr.startswith("tidegate: the log has no decision that the bundle in force, sha256:")


def test_a_log_without_feedback(tidegate: Tidegate, tiny_bundle: Path, tmp_path: Path) -> None:
    log = _log(tmp_path / "log", tiny_bundle, 0, 0)
    result = tidegate("tune", "--log", log, "--objective", OBJECTIVE, "--output", tmp_path / "mine.yaml")
    assert result.exit_code == 1
    assert result.stderr == "tidegate: the log has no feedback on what the bundle in force has scored\n"


@pytest.mark.parametrize("both", [True, False])
def test_data_or_a_log(tidegate: Tidegate, tmp_path: Path, both: bool) -> None:
    arguments = [tmp_path / "a.csv", "--log", tmp_path] if both else []
    result = tidegate("tune", *arguments, "--objective", OBJECTIVE, "--output", tmp_path / "mine.yaml")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, "Error: give either DATA or --log")


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
    log, picked = _log(tmp_path / "log", tiny_bundle, 10, 5, 85), tmp_path / "pick.jsonl"
    result = tidegate("sample", "--log", log, "--count", "1000", "--output", picked)
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in picked.read_text().splitlines()]
    assert [line["id"] for line in lines] == [f"tg-{i:024x}-0" for i in range(15, 100)]
    assert not any("text" in line for line in lines)


def test_a_log_that_nobody_has_looked_at_is_picked_from(tidegate: Tidegate, tiny_bundle: Path, tmp_path: Path) -> None:
    log, picked = _log(tmp_path / "log", tiny_bundle, 0, 0), tmp_path / "pick.jsonl"
    assert tidegate("sample", "--log", log, "--count", "20", "--output", picked).exit_code == 0
    assert len(picked.read_text().splitlines()) == 20
