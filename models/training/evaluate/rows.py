"""What a bundle is measured on: sources held out whole, the dev split, and restricted sources.

Of the first and last, a source's own labels are the truth, except where we read the row ourselves. The dev
split keeps the soft targets it shares with training.
"""

import random
from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

import msgspec
import numpy as np

from models.encode import Item
from models.normalise import normalise
from models.outputs import OUTPUTS
from models.training.corpus.build import HELD_OUT, build_corpus, examples
from models.training.corpus.labels import Trust
from models.training.corpus.mix import Example
from models.training.corpus.sources import (
    Data,
    fingerprint,
    read_annotations,
    read_holdout,
    read_label_map,
    read_rows,
    without,
)
from models.training.corpus.written import MEANING, read_written
from taxonomy.categories import Role

# The set of models/texts/test.
OURS = "our test set"
# Harmless texts of our own in other languages than English.
LANGUAGES = Path(__file__).parents[2] / "data" / "languages.jsonl"

# Their licences forbid training on them, or could not be verified: they may be measured on, and nothing else.
RESTRICTED = tuple(
    "toxicchat_train wildjailbreak_eval oktest llm_safeguard tweeteval_sentiment_benign alpaca_prompts ag_news "
    "olid".split()
)


class Standing(StrEnum):
    """What a set of rows was to the training run."""

    HELD_OUT = "held_out"  # no row of the source was trained on
    TEST = "test"  # our own, by other writers than the training texts
    DEV = "dev"  # other rows of the same sources were; calibration was fitted on these
    RESTRICTED = "restricted"  # measured, never trained or chosen on


class RowSet(msgspec.Struct, frozen=True):
    """Rows that get a line in the report."""

    name: str
    standing: Standing
    examples: list[Example]


class AtItsWord(Trust):
    """A source's labels as they stand: where it is measured on, not learned from, the source is the judge."""

    def __init__(self) -> None:
        super().__init__([], {})

    def share(self, source: str) -> float:  # noqa: ARG002  # every source alike
        """Return 1: every positive holds."""
        return 1.0


def held_out_sets(data: Data, cap: int | None, seed: int, sources: frozenset[str] = HELD_OUT) -> list[RowSet]:
    """Return the sources held out whole, at most `cap` distinct rows of each, in random order."""
    return _sets(data.folder / "train", data, sources, Standing.HELD_OUT, cap, seed)


def restricted_sets(folder: Path, data: Data, cap: int, seed: int) -> list[RowSet]:
    """Return those of RESTRICTED that are in `folder`, at most `cap` distinct rows of each."""
    return _sets(folder, data, frozenset(RESTRICTED), Standing.RESTRICTED, cap, seed)


def test_sets(data: Data) -> list[RowSet]:
    """Return our own test set, whole; none where there is none."""
    rows = read_written(data.own / "test") if data.own else ()
    found = [each for row in rows for each in examples(row, MEANING, None, AtItsWord())]
    return [RowSet(OURS, Standing.TEST, found)] if found else []


class Sentence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of languages.jsonl."""

    language: str
    role: Role
    text: str


def language_sets(path: Path = LANGUAGES) -> list[RowSet]:
    """Return the harmless texts in other languages, whole."""
    sentences = [msgspec.json.decode(line, type=Sentence) for line in path.read_bytes().splitlines()]
    harmless = np.zeros(len(OUTPUTS), dtype=np.float32), np.ones(len(OUTPUTS), dtype=np.float32)
    found = [
        Example(f"languages-{i}", "languages", f"languages-{i}", Item(each.role, normalise(each.text)), harmless)
        for i, each in enumerate(sentences)
    ]
    return [RowSet("other languages", Standing.TEST, found)]


def dev_set(data: Data, seed: int, limit: int | None = None, cap: int | None = None) -> RowSet:
    """Return the dev split, at most `cap` rows of a source.

    `seed` and `limit` are those of the training run; the rows of all stages have the same dev side.
    """
    return RowSet("dev", Standing.DEV, _capped(build_corpus(data, seed, limit).dev, cap, seed))


def _sets(
    folder: Path, data: Data, wanted: frozenset[str], standing: Standing, cap: int | None, seed: int
) -> list[RowSet]:
    meanings, annotations, trust = read_label_map(data), read_annotations(data), AtItsWord()
    by_source: dict[str, list[Example]] = defaultdict(list)
    for row in without(read_holdout(data), read_rows(folder)):
        if row.source in wanted:
            by_source[row.source].extend(examples(row, meanings[row.source], annotations.get(row.id), trust))
    rng = random.Random(seed)  # noqa: S311  # sampling, not secrets
    out: list[RowSet] = []
    for source, found in sorted(by_source.items()):
        distinct = _distinct(found)
        most = len(distinct) if cap is None else min(cap, len(distinct))
        out.append(RowSet(source, standing, rng.sample(distinct, most)))
    return out


def _capped(found: list[Example], cap: int | None, seed: int) -> list[Example]:
    by_source: dict[str, list[Example]] = defaultdict(list)
    for example in found:
        by_source[example.source].append(example)
    if cap is None or all(len(each) <= cap for each in by_source.values()):
        return found
    rng = random.Random(seed)  # noqa: S311  # sampling, not secrets
    return [example for each in by_source.values() for example in rng.sample(each, min(cap, len(each)))]


def _distinct(found: Iterable[Example]) -> list[Example]:
    """Drop examples that repeat role, text and context."""
    kept: dict[tuple[str, ...], Example] = {}
    for example in found:
        parts = (example.item.text, example.item.context or "")
        kept.setdefault((example.item.role, *(fingerprint(part) or part for part in parts)), example)
    return list(kept.values())
