"""The file that scores are kept in, so that a second tuning scores nothing.

The file holds numbers, and 64 bits of a keyed hash of each row's role, text and prompt, so that scores are found again
whatever becomes of labels and of other rows. The key is a salt of the file's own under TIDEGATE_CACHE_SECRET: where
that is not set, who has the file can test a guess of a text, and read none.
"""

import hmac
import secrets
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.encode import READING
from models.outputs import OUTPUTS
from models.put import replacing
from models.tuning.scores import NOTHING, Scores
from models.tuning.tuned import TuningError

_ANY_FORMAT = "tidegate scores "
FORMAT = f"{_ANY_FORMAT}2 {READING}"
_NOT_OURS = "is no whole file of scores, and is left as it is: name another"


class Kept(NamedTuple):
    """Scores as they are kept: `keys`, of shape (k,), are identity.row_key under `key`; `model` is a bundle's digest.

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


def kept_in(file: Path, model: str, secret: bytes, *, again: bool = False) -> Kept:
    """Return what a file keeps, nothing where there is none; `secret` is TIDEGATE_CACHE_SECRET.

    `again` forgets what is in it, if it is one of ours. Raises ScoresError, also for scores of another bundle.
    """
    found = _read(file, secret, again)
    if found is None or again:
        salt = secrets.token_hex(16)
        return Kept(model, salt, _key(salt, secret), np.zeros(0, np.uint64), NOTHING)
    if found.model != model:
        raise ScoresError(
            f"{file.name}: holds scores by another bundle ({found.model[:19]}, not {model[:19]}): "
            "give --rescore to replace them, or --scores FILE to keep them"
        )
    return found


def _key(salt: str, secret: bytes) -> bytes:
    return hmac.digest(secret, b"scores\0" + bytes.fromhex(salt), "sha256")


def _read(file: Path, secret: bytes, again: bool) -> Kept | None:
    """Return what a file keeps; None where there is none, or with `again` where it is only in the way.

    Raises ScoresError, also where a file is none of ours: it must not be replaced either.
    """
    try:
        with file.open("rb") as raw, np.load(raw, allow_pickle=False) as arrays:
            form = str(arrays["format"])
            if not form.startswith(_ANY_FORMAT):
                raise ValueError
            if form != FORMAT and again:
                return None
            if form != FORMAT:
                raise ScoresError(f"{file.name}: was written by another version: give --rescore to replace it")
            found, proof = _kept(arrays, secret), str(arrays["proof"])
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ScoresError(f"{file.name}: cannot be read: {error.strerror or 'it is damaged'}") from None
    except ScoresError:
        raise
    except (ValueError, KeyError, EOFError, AttributeError, TypeError, zipfile.BadZipFile):
        raise ScoresError(f"{file.name}: {_NOT_OURS}") from None
    if found.proof != proof and not again:
        raise ScoresError(
            f"{file.name}: was written under another TIDEGATE_CACHE_SECRET: set that, or give --rescore to replace it"
        )
    return found


def _kept(arrays: Mapping[str, NDArray[Any]], secret: bytes) -> Kept:
    """Raises ValueError, KeyError, AttributeError or TypeError for what `write` would not have written."""
    salt, keys = str(arrays["salt"]), arrays["keys"]
    scores = Scores(
        arrays["steps"],
        arrays["supported"],
        arrays["languages"],
        tuple(arrays["names"].tolist()),
        arrays["tokens"],
        arrays["read"],
    )
    rows = len(scores.steps)
    shaped = scores.steps.shape == (rows, len(OUTPUTS)) and scores.steps.dtype == np.uint16 and keys.dtype == np.uint64
    columns = (keys, scores.supported, scores.languages, scores.tokens, scores.read)
    if not shaped or any(len(each) != rows for each in columns):
        raise ValueError
    return Kept(str(arrays["model"]), salt, _key(salt, secret), keys, scores)


def write(file: Path, kept: Kept) -> None:
    """Keep scores in a file that takes the place of the one before once it is whole. Raises ScoresError."""
    scores = kept.scores._asdict() | {"names": np.array(kept.scores.names, str)}
    try:
        with replacing(file) as out:
            np.savez(out, format=FORMAT, model=kept.model, salt=kept.salt, proof=kept.proof, keys=kept.keys, **scores)
    except OSError as error:
        raise ScoresError(f"{file.name}: cannot be written: {error.strerror}") from None
