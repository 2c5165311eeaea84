"""Texts scored as serving scores them, and kept in a file, so that a second tuning scores nothing.

The file holds digests and numbers: neither a text nor a hash of one. It is written anew every half minute, so that what
was interrupted goes on where it was.
"""

import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.calibrate import DECIMALS
from models.encode import Item
from models.outputs import OUTPUTS
from models.scorer import Scorer
from models.tuning.tuned import TuningError
from taxonomy.decision import STEPS

FORMAT = "tidegate scores 1"
_EVERY = 30.0


class Scores(NamedTuple):
    """What a bundle says of n texts: `steps` of shape (n, outputs) in ten-thousandths; all else of shape (n,).

    `languages` are places in `names`. Of `tokens` of each text `read` were scored; both 0 where nobody counted.
    """

    steps: NDArray[np.uint16]
    supported: NDArray[np.bool_]
    languages: NDArray[np.uint16]
    names: tuple[str, ...]
    tokens: NDArray[np.int32]
    read: NDArray[np.int32]

    def only(self, rows: NDArray[np.intp]) -> "Scores":
        """Return the rows at some places."""
        return Scores(
            self.steps[rows],
            self.supported[rows],
            self.languages[rows],
            self.names,
            self.tokens[rows],
            self.read[rows],
        )


class Of(NamedTuple):
    """What scores are of: digests of the data and the bundle, the role of rows that do not say theirs."""

    data: str
    model: str
    role: str


class ScoresError(TuningError):
    """A file of scores that cannot be used here."""


def score(
    texts: Iterator[list[Item]],
    total: int,
    of: Of,
    file: Path,
    open_scorer: Callable[[], Scorer],
    *,
    again: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Scores:
    """Return scores of all `total` texts, those in `file` taken from there and the rest added to it.

    `open_scorer` is called when there is something to score, `progress` with how many are done. `again` scores all anew
    and replaces the file, if it is one of ours. Raises ScoresError.
    """
    parts = _kept(file, of, again)
    done = sum(len(part.steps) for part in parts)
    if done > total:
        raise ScoresError(f"{file.name}: holds {done:,} rows, the data {total:,}: give --rescore to replace them")
    progress(done)
    if done == total:
        return _joined(parts)
    scorer, saved, seen = open_scorer(), time.monotonic(), 0
    try:
        for items in texts:
            rest = items[max(done - seen, 0) :]
            seen += len(items)
            if not rest:
                continue
            parts.append(_scored(scorer, rest))
            done += len(rest)
            progress(done)
            if time.monotonic() - saved > _EVERY:
                write(file, of, _joined(parts))
                saved = time.monotonic()
    finally:
        if parts:
            write(file, of, _joined(parts))
    return _joined(parts)


def _scored(scorer: Scorer, items: Sequence[Item]) -> Scores:
    encoded = scorer.encoder.encode(items)
    probabilities = np.stack(
        [
            scorer.calibration.of_one(pooled.logits, item.role)
            for item, pooled in zip(items, scorer.pooled(encoded), strict=True)
        ]
    )
    return Scores(
        np.rint(np.round(probabilities.astype(np.float64), DECIMALS) * STEPS).astype(np.uint16),
        np.array([scorer.has_learned(each.language) for each in encoded], bool),
        *named([each.language for each in encoded]),
        np.array([each.tokens for each in encoded], np.int32),
        np.array([each.scored for each in encoded], np.int32),
    )


def named(languages: Sequence[str]) -> tuple[NDArray[np.uint16], tuple[str, ...]]:
    """Return words as places in a list of them, and the list."""
    names, places = np.unique(np.array(languages, dtype=str), return_inverse=True)
    return places.astype(np.uint16), tuple(names.tolist())


def _joined(parts: list[Scores]) -> Scores:
    names = sorted({name for part in parts for name in part.names})
    place = {name: number for number, name in enumerate(names)}
    languages = [np.array([place[name] for name in part.names], np.uint16)[part.languages] for part in parts]
    return Scores(
        np.concatenate([part.steps for part in parts]),
        np.concatenate([part.supported for part in parts]),
        np.concatenate(languages),
        tuple(names),
        np.concatenate([part.tokens for part in parts]),
        np.concatenate([part.read for part in parts]),
    )


def _kept(file: Path, of: Of, again: bool) -> list[Scores]:
    if not file.exists():
        return []
    scores, kept = _read(file)
    if again:
        return []
    for name, mine, theirs in (("data", of.data, kept.data), ("bundle", of.model, kept.model)):
        if mine != theirs:
            what = "of other data" if name == "data" else "by another bundle"
            raise ScoresError(
                f"{file.name}: holds scores {what} ({theirs[:19]}, not {mine[:19]}): "
                "give --rescore to replace them, or --scores FILE to keep them"
            )
    if of.role != kept.role:
        raise ScoresError(
            f"{file.name}: rows without a role were scored as '{kept.role}', not '{of.role}': give --rescore"
        )
    return [scores]


def _read(file: Path) -> tuple[Scores, Of]:
    """Raises ScoresError, also where a file is none of ours: it must not be replaced either."""
    try:
        with file.open("rb") as raw, np.load(raw, allow_pickle=False) as kept:
            if str(kept["format"]) != FORMAT:
                raise ValueError
            scores = Scores(
                kept["steps"],
                kept["supported"],
                kept["languages"],
                tuple(kept["names"].tolist()),
                kept["tokens"],
                kept["read"],
            )
            of = Of(str(kept["data"]), str(kept["model"]), str(kept["role"]))
    except OSError as error:
        raise ScoresError(f"{file.name}: cannot be read: {error.strerror or 'it is damaged'}") from None
    except (ValueError, KeyError, EOFError, AttributeError, TypeError, zipfile.BadZipFile):
        raise ScoresError(f"{file.name}: is no whole file of scores, and is left as it is: name another") from None
    rows = len(scores.steps)
    shaped = scores.steps.shape == (rows, len(OUTPUTS)) and scores.steps.dtype == np.uint16
    if not shaped or any(
        len(each) != rows for each in (scores.supported, scores.languages, scores.tokens, scores.read)
    ):
        raise ScoresError(f"{file.name}: is no whole file of scores, and is left as it is: name another")
    return scores, of


def write(file: Path, of: Of, scores: Scores) -> None:
    """Keep scores in a file that takes the place of the one before once it is whole. Raises ScoresError."""
    beside = file.with_name(f".{file.name}.part")
    try:
        with beside.open("wb") as out:
            np.savez(out, format=FORMAT, **of._asdict(), **(scores._asdict() | {"names": np.array(scores.names, str)}))
        beside.replace(file)
    except OSError as error:
        raise ScoresError(f"{file.name}: cannot be written: {error.strerror}") from None
