"""Scores of many texts as columns."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.outputs import OUTPUTS


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


def uncounted(steps: NDArray[np.uint16], supported: NDArray[np.bool_], languages: Sequence[str]) -> Scores:
    """Return scores that were made elsewhere, where nobody counted tokens."""
    nothing = np.zeros(len(steps), np.int32)
    return Scores(steps, supported, *named(languages), nothing, nothing)


def named(languages: Sequence[str]) -> tuple[NDArray[np.uint16], tuple[str, ...]]:
    """Return words as places in a list of them, and the list."""
    names, places = np.unique(np.array(languages, dtype=str), return_inverse=True)
    return places.astype(np.uint16), tuple(names.tolist())


def joined(parts: Sequence[Scores]) -> Scores:
    """Return the rows of all parts, one part after the other."""
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


NOTHING = uncounted(np.zeros((0, len(OUTPUTS)), np.uint16), np.zeros(0, bool), [])
