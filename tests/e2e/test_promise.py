"""From a CSV to a policy whose promise holds on texts that tuning has never seen: our own test set, the shipped bundle.

Scoring is the slow part, so a few hundred texts stand for all: every third of models/texts/test.
"""

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from models.decide import decide_all
from models.tuning.bounds import lower
from models.tuning.kept import kept_in
from models.tuning.labelled import Reading
from models.tuning.rows import LabelledRows, distinct
from models.tuning.scoring import score
from models.tuning.sheet import labelled, sheet
from service.cli import main
from taxonomy.categories import Role
from taxonomy.files import check, load_policy

TEXTS = Path(__file__).parents[2] / "models" / "texts" / "test"
EVERY, LIMIT = 3, 0.1


class Text(msgspec.Struct):
    role: Role
    text: str
    labels: list[str]
    unsafe: float
    context: str = ""


def texts() -> Iterator[Text]:
    for path in sorted(TEXTS.glob("*.jsonl.gz")):
        for number, line in enumerate(gzip.decompress(path.read_bytes()).splitlines()):
            text = msgspec.json.decode(line, type=Text)
            # A text that readers disagree on is no test of a promise.
            if number % EVERY == 0 and text.unsafe in (0, 1):
                yield text


def write(path: Path, found: list[Text]) -> Path:
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["text", "role", "context", "labels"])
        for each in found:
            labels = [*each.labels, *(["other"] if each.unsafe else [])]
            out.writerow([each.text, each.role, each.context, ";".join(labels) or "none"])
    return path


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The texts given to tune, and those kept from it, with their scores beside them."""
    folder = tmp_path_factory.mktemp("promise")
    found = list(texts())
    order = np.random.default_rng(11).permutation(len(found))
    given, kept = ([found[i] for i in part] for part in np.array_split(order, 2))
    return write(folder / "given.csv", given), write(folder / "kept.csv", kept)


def tune(data: Path, *arguments: str) -> tuple[int, str]:
    output = str(data.with_suffix(".yaml"))
    result = CliRunner().invoke(main, ["tune", str(data), "--output", output, "--force", *arguments])
    return result.exit_code, result.output


def rows_of(data: Path) -> LabelledRows:
    """Return a file's rows with the scores that `tune` has kept."""
    file = data.with_name(f"{data.name}.scores.npz")
    with np.load(file) as kept:
        model = str(kept["model"])
    known = kept_in(file, model, b"")
    found = sheet(Reading(data, key=known.key))
    scores = score(iter(()), found.keys, known, file, lambda: pytest.fail("all is scored"))
    return labelled(found, scores, model).rows


def test_the_promise_holds_on_texts_kept_from_it(halves: tuple[Path, Path]) -> None:
    given, kept = halves
    status, out = tune(given, "--objective", f"max_recall@fpr<={LIMIT}")
    assert status == 0, out
    file = given.with_suffix(".yaml")
    assert check(file) == ()
    policy = load_policy(file)
    assert policy.proven
    assert policy.evidence
    promise = policy.evidence.promises[0]
    assert (promise.of, promise.figure, promise.limit) == ("overall", "fpr", LIMIT)
    assert promise.bound <= LIMIT

    # Scores of the other half, by the command too: another objective would do as well.
    assert tune(kept, "--objective", "max_f1")[0] == 0
    rows = distinct(rows_of(kept))
    stops = decide_all(rows.scores, rows.roles, rows.supported, policy).actions > 0
    harmless = rows.harmless
    stopped, number = int(stops[harmless].sum()), int(harmless.sum())
    assert number > 150
    # Of so few rows chance alone moves the share; that the rate is above the limit must not be what they show.
    assert lower(stopped, number, 0.95) <= LIMIT, f"{stopped} of {number}"
    click.echo(f"{stopped} of {number} harmless texts stopped")
    caught = float(stops[rows.harmful].mean())
    assert caught > 0.3, "a policy that stops nothing keeps every promise"
