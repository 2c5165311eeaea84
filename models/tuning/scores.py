"""Texts scored as serving scores them, and kept in a file, so that a second tuning scores nothing.

The file holds numbers, and 64 bits of a keyed hash of each row's role, text and prompt, so that scores are found again
whatever becomes of labels and of other rows. The key is a salt of the file's own under TIDEGATE_CACHE_SECRET: where
that is not set, who has the file can test a guess of a text, and read none. It is written anew every half minute, so
that what was interrupted goes on where it was.
"""

import hmac
import secrets
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.calibrate import DECIMALS
from models.encode import READING, Item
from models.outputs import OUTPUTS
from models.scorer import Scorer
from models.tuning.labelled import row_key
from models.tuning.tuned import TuningError
from taxonomy.decision import STEPS

_ANY_FORMAT = "tidegate scores "
FORMAT = f"{_ANY_FORMAT}2 {READING}"
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


_NO_COUNTS = np.zeros(0, np.int32)
_NOTHING = Scores(
    np.zeros((0, len(OUTPUTS)), np.uint16),
    np.zeros(0, bool),
    np.zeros(0, np.uint16),
    (),
    _NO_COUNTS,
    _NO_COUNTS,
)
_NOT_OURS = "is no whole file of scores, and is left as it is: name another"


class Kept(NamedTuple):
    """Scores as they are kept: `keys`, of shape (k,), are labelled.row_key under `key`; `model` is a bundle's digest.

    `salt` is the file's own, `key` comes of it and of the secret; `salt` and `proof` are hex digits.
    """

    model: str
    salt: str
    key: bytes
    keys: NDArray[np.uint64]
    scores: Scores

    @property
    def proof(self) -> str:
        """What tells the key from another."""
        return hmac.digest(self.key, b"proof", "sha256").hex()[:16]


class ScoresError(TuningError):
    """A file of scores that cannot be used here."""


def score(
    texts: Iterator[list[Item]],
    keys: NDArray[np.uint64],
    kept: Kept,
    file: Path,
    open_scorer: Callable[[], Scorer],
    *,
    progress: Callable[[int], None] = lambda _: None,
) -> Scores:
    """Return scores of all texts, those that are `kept` taken from there and the rest added to `file`.

    `keys`, of shape (n,), are those of the texts in their order. `open_scorer` is called when there is something to
    score, `progress` with how many are done. Raises ScoresError.
    """
    wanted = np.zeros(len(keys), bool)
    wanted[np.unique(keys, return_index=True)[1]] = True
    wanted &= ~np.isin(keys, kept.keys)
    left = int(wanted.sum())
    progress(len(keys) - left)
    if left:
        scorer, saved, parts, added = open_scorer(), time.monotonic(), [kept.scores], [kept.keys]
        begin = 0
        try:
            for items in texts:
                places = begin + np.flatnonzero(wanted[begin : begin + len(items)])
                if len(places):
                    new = [items[place - begin] for place in places]
                    if [row_key(item, kept.key) for item in new] != keys[places].tolist():
                        raise ScoresError("the data was changed while it was read: begin again")
                    parts.append(_scored(scorer, new))
                    added.append(keys[places])
                    left -= len(places)
                    progress(len(keys) - left)
                begin += len(items)
                if time.monotonic() - saved > _EVERY:
                    write(file, _with(kept, added, parts))
                    saved = time.monotonic()
        finally:
            if len(parts) > 1:
                kept = _with(kept, added, parts)
                write(file, kept)
        if left:
            raise ScoresError("the data was changed while it was read: begin again")
    order = np.argsort(kept.keys)
    return kept.scores.only(order[np.searchsorted(kept.keys, keys, sorter=order)])


def _with(kept: Kept, keys: list[NDArray[np.uint64]], parts: list[Scores]) -> Kept:
    return kept._replace(keys=np.concatenate(keys), scores=_joined(parts))


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


def kept_in(file: Path, model: str, secret: bytes, *, again: bool = False) -> Kept:
    """Return what a file keeps, nothing where there is none; `secret` is TIDEGATE_CACHE_SECRET.

    `again` forgets what is in it, if it is one of ours. Raises ScoresError, also for scores of another bundle.
    """
    found = _read(file, secret, again) if file.exists() else None
    if found is None or again:
        salt = secrets.token_hex(16)
        return Kept(model, salt, _key(salt, secret), np.zeros(0, np.uint64), _NOTHING)
    if found.model != model:
        raise ScoresError(
            f"{file.name}: holds scores by another bundle ({found.model[:19]}, not {model[:19]}): "
            "give --rescore to replace them, or --scores FILE to keep them"
        )
    return found


def _key(salt: str, secret: bytes) -> bytes:
    return hmac.digest(secret, b"scores\0" + bytes.fromhex(salt), "sha256")


def _read(file: Path, secret: bytes, again: bool) -> Kept | None:
    """Return what a file keeps; None with `again` where that is only in the way.

    Raises ScoresError, also where a file is none of ours: it must not be replaced either.
    """
    try:
        with file.open("rb") as raw, np.load(raw, allow_pickle=False) as kept:
            form = str(kept["format"])
            if not form.startswith(_ANY_FORMAT):
                raise ValueError
            if form != FORMAT and again:
                return None
            if form != FORMAT:
                raise ScoresError(f"{file.name}: was written by another version: give --rescore to replace it")
            scores = Scores(
                kept["steps"],
                kept["supported"],
                kept["languages"],
                tuple(kept["names"].tolist()),
                kept["tokens"],
                kept["read"],
            )
            salt, keys, proof = str(kept["salt"]), kept["keys"], str(kept["proof"])
            found = Kept(str(kept["model"]), salt, _key(salt, secret), keys, scores)
    except OSError as error:
        raise ScoresError(f"{file.name}: cannot be read: {error.strerror or 'it is damaged'}") from None
    except ScoresError:
        raise
    except (ValueError, KeyError, EOFError, AttributeError, TypeError, zipfile.BadZipFile):
        raise ScoresError(f"{file.name}: {_NOT_OURS}") from None
    rows = len(scores.steps)
    shaped = scores.steps.shape == (rows, len(OUTPUTS)) and scores.steps.dtype == np.uint16 and keys.dtype == np.uint64
    columns = (keys, scores.supported, scores.languages, scores.tokens, scores.read)
    if not shaped or any(len(each) != rows for each in columns):
        raise ScoresError(f"{file.name}: {_NOT_OURS}")
    if found.proof != proof and not again:
        raise ScoresError(
            f"{file.name}: was written under another TIDEGATE_CACHE_SECRET: set that, or give --rescore to replace it"
        )
    return found


def write(file: Path, kept: Kept) -> None:
    """Keep scores in a file that takes the place of the one before once it is whole. Raises ScoresError."""
    beside = file.with_name(f".{file.name}.part")
    scores = kept.scores._asdict() | {"names": np.array(kept.scores.names, str)}
    try:
        with beside.open("wb") as out:
            np.savez(out, format=FORMAT, model=kept.model, salt=kept.salt, proof=kept.proof, keys=kept.keys, **scores)
        beside.replace(file)
    except OSError as error:
        raise ScoresError(f"{file.name}: cannot be written: {error.strerror}") from None
