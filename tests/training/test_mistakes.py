"""What a bundle gets wrong, written down for a person: which rows, in which order, and where never."""

import gzip

import msgspec
import pytest
from click.testing import CliRunner

from models.training.corpus.written import Written
from models.training.evaluate.mistakes import ROOT, Mistake, main, mistakes, worst
from models.training.evaluate.rows import Standing
from taxonomy.categories import Role
from taxonomy.policy import Action
from tests.training.scored import NOTHING, SURE, example, scored
from tests.training.small import annotation, row, write_data, write_rows

pytestmark = pytest.mark.train

# The word that the tiny bundle takes for harm (tests/bundles.py), on the wrong side of the labels and on the right one.
POSTS = [
    row("surge_toxicity-1", "text", text="a hateword in a calm remark", labels={"toxic": 0}, unsafe=0),
    row("surge_toxicity-2", "text", text="a rude remark without one", labels={"toxic": 1}, unsafe=1),
    row("surge_toxicity-3", "text", text="another hateword, and rude", labels={"toxic": 1}, unsafe=1),
    row("surge_toxicity-4", "text", text="a calm remark without one", labels={"toxic": 0}, unsafe=0),
]


@pytest.fixture
def data(tmp_path):
    return write_data(tmp_path / "data", POSTS).folder


@pytest.fixture
def run(data, tiny_bundle, tmp_path):
    def run(*options, output=tmp_path / "found.jsonl", bundle=tiny_bundle):
        return CliRunner().invoke(main, ["--data", str(data), "--output", str(output), *options, str(bundle)])

    return run


def read(path):
    return [msgspec.json.decode(line, type=Mistake) for line in path.read_bytes().splitlines()]


def test_mistakes_of_both_polarities_are_written_and_nothing_else(run, tmp_path):
    found = run("--rows", "surge_toxicity")
    assert found.stdout.splitlines() == [
        f"surge_toxicity, {polarity}, unsafe: 1 mistakes, 1 written" for polarity in ("flagged", "missed")
    ]
    assert (tmp_path / "found.jsonl").stat().st_mode & 0o777 == 0o600
    flagged, missed = read(tmp_path / "found.jsonl")
    assert (flagged.id, flagged.polarity, flagged.action) == ("surge_toxicity-1", "flagged", Action.BLOCK)
    assert flagged.text == "a hateword in a calm remark"
    assert set(list(flagged.scores)[:2]) == {"hate", "unsafe"}
    assert len(flagged.scores) == 6
    assert flagged.scores["unsafe"] > 0.9
    assert flagged.holds == {}
    assert (missed.id, missed.polarity, missed.action) == ("surge_toxicity-2", "missed", Action.ALLOW)
    assert missed.role is Role.TEXT
    assert missed.holds == {"harassment": 1.0, "unsafe": 1.0}


def test_attacks_are_told_from_harm():
    rows = [
        (example("a-1"), ("prompt_injection", "attack")),
        (example("a-2"), ("prompt_injection", "attack", "hate", "unsafe")),
        (example("a-3", "prompt_injection", "attack"), ()),
        (example("a-4", "hate", "unsafe"), ()),
        (example("a-5", "prompt_injection", "attack", "hate", "unsafe"), ("prompt_injection", "attack")),
    ]
    found = list(mistakes(*scored(Standing.TEST, rows)))
    assert [(each.id, each.polarity, each.output) for each in found] == [
        ("a-1", "flagged", "attack"),
        ("a-2", "flagged", "unsafe"),
        ("a-3", "missed", "attack"),
        ("a-4", "missed", "unsafe"),
    ]
    assert [each.scores.get("attack") for each in found[:2]] == [SURE, SURE]
    assert set(found[2].scores.values()) == {NOTHING}


def mistake(name, score, polarity="flagged", role=Role.PROMPT):
    source = name.rsplit("-", 1)[0]
    return Mistake(polarity, "unsafe", name, source, role, Action.FLAG, {}, {"unsafe": score}, None, "")


def test_the_surest_come_first_a_source_and_role_in_turn():
    found = [
        mistake("a-1", 0.6), mistake("a-2", 0.9), mistake("b-1", 0.7), mistake("b-2", 0.5),
        mistake("a-3", 0.8, role=Role.TEXT),
    ]  # fmt: skip
    assert [each.id for each in worst(found, 9)] == ["a-2", "a-3", "b-1", "a-1", "b-2"]
    assert [each.id for each in worst(found, 2)] == ["a-2", "a-3"]
    missed = [mistake("a-1", 0.4, "missed"), mistake("a-2", 0.1, "missed")]
    assert [each.id for each in worst(missed, 9)] == ["a-2", "a-1"]


def test_some_are_drawn_by_chance_the_same_in_every_run(data, run, tmp_path):
    more = [
        row(f"surge_toxicity-{i}", "text", text=f"hateword {i} times, all of them calm", unsafe=0) for i in range(9, 49)
    ]
    (data / "train" / "surge_toxicity.jsonl.gz").unlink()
    write_rows(tmp_path / "more", more)
    (tmp_path / "more" / "surge_toxicity.jsonl.gz").rename(data / "train" / "surge_toxicity.jsonl.gz")
    for name in ("one", "two"):
        found = run("--rows", "surge_toxicity", "--drawn", "--limit", "5", output=tmp_path / name)
        assert found.stdout == "surge_toxicity, flagged, unsafe: 40 mistakes, 5 written\n"
    assert len({each.id for each in read(tmp_path / "one")}) == 5
    assert read(tmp_path / "one") == read(tmp_path / "two")
    run("--rows", "surge_toxicity", "--limit", "5", output=tmp_path / "new" / "surest")
    assert [each.id for each in read(tmp_path / "new" / "surest")] != [each.id for each in read(tmp_path / "one")]


def test_of_dev_only_rows_that_were_read_or_written_for_us(tiny_bundle, tmp_path):
    rows = [
        row(f"{source}-{i}", kind, **{key: f"hateword {source} {i}, in a calm remark"}, unsafe=0, labels={"hate": 0})
        for source, kind, key in (("stormfront_hate", "text", "text"), ("written_pairs", "prompt", "prompt"))
        for i in range(200)
    ]
    folder = write_data(tmp_path / "data", rows, [annotation(f"stormfront_hate-{i}") for i in range(100)]).folder
    options = ["--data", str(folder), "--rows", "dev", "--output", str(tmp_path / "dev"), "--limit", "999"]
    assert CliRunner().invoke(main, [*options, str(tiny_bundle)]).exit_code == 0
    found = {(each.source, int(each.id.rsplit("-", 1)[1])) for each in read(tmp_path / "dev")}
    assert {source for source, _ in found} == {"stormfront_hate", "written_pairs"}
    assert max(i for source, i in found if source == "stormfront_hate") < 100
    assert max(i for source, i in found if source == "written_pairs") >= 100


def test_our_test_set_is_one_of_them(run, tmp_path):
    own = tmp_path / "own"
    (own / "test").mkdir(parents=True)
    text = Written("t1-1", Role.PROMPT, "a weapon of the museum", (), 0.0, "note")
    (own / "test" / "t1.jsonl.gz").write_bytes(gzip.compress(msgspec.json.encode(text) + b"\n"))
    assert run("--rows", "test", "--own", str(own)).exit_code == 0
    (found,) = read(tmp_path / "found.jsonl")
    assert (found.id, found.text) == ("written-t1-1", "a weapon of the museum")


def test_texts_are_never_written_inside_the_repository_nor_over_a_file(run, tmp_path):
    (tmp_path / "there").write_text("kept")
    (tmp_path / "link").symlink_to(ROOT)
    for place in (
        ROOT / "found.jsonl",
        ROOT / "work" / "found.jsonl",
        tmp_path / "link" / "x.jsonl",
        tmp_path / "there",
    ):
        found = run("--rows", "surge_toxicity", output=place)
        assert found.exit_code == 1
        assert found.output == (
            f"Error: {place} is there already, or in the repository: texts go to a new file outside\n"
        )
    assert (tmp_path / "there").read_text() == "kept"
    assert not (ROOT / "found.jsonl").exists()


def test_what_cannot_be_measured_is_named(run, tmp_path):
    found = run("--rows", "surge_toxicity", "--policy", "mild")
    assert "Error: unknown policy 'mild': shipped are " in found.output
    assert "no-such-bundle" in run("--rows", "surge_toxicity", bundle=tmp_path / "no-such-bundle").output
    assert run("--rows", "oktest").exit_code == 2
    assert not (tmp_path / "found.jsonl").exists()
