"""Rows with what a bundle says of them, and how they are scored."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from models.calibrate import as_scores, as_steps
from models.decide import Decided, decide_all
from models.encode import Item
from models.scorer import Scorer
from models.training.evaluate.share import Share
from models.training.terminal import tracked
from taxonomy.categories import Role
from taxonomy.policy import Action, Policy
from taxonomy.verdict import Verdict, decide

Array = NDArray[np.float32]
Mask = NDArray[np.bool_]

# Items scored between two steps of the progress bar; the scorer batches inside.
_STEP = 256


class Judged(msgspec.Struct, frozen=True):
    """Calibrated probabilities of shape (rows, outputs), and the policy's verdict on each row."""

    probabilities: Array
    verdicts: list[Verdict]

    @property
    def flagged(self) -> Mask:
        """Return (rows,): some category flags or blocks."""
        return np.array([each.flagged for each in self.verdicts], dtype=bool)

    @property
    def stopped(self) -> Mask:
        """Return (rows,): flagged, or sent to review."""
        return np.array([each.action is not Action.ALLOW for each in self.verdicts], dtype=bool)

    def only(self, rows: Mask) -> "Judged":
        """Return the rows of a mask (rows,)."""
        return Judged(self.probabilities[rows], [self.verdicts[i] for i in np.flatnonzero(rows)])


def judged(
    probabilities: Array, items: Sequence[Item], policy: Policy, supported: Sequence[bool] | None = None
) -> Judged:
    """Decide on every row; probabilities are (len(items), outputs).

    `supported` says of each whether the model has learned its language; without it all are taken for learned.
    """
    learned = [True] * len(items) if supported is None else supported
    return Judged(
        probabilities,
        [
            decide(as_scores(row), policy, item.role, supported=known)
            for row, item, known in zip(probabilities, items, learned, strict=True)
        ],
    )


def judged_at_once(probabilities: Array, roles: Sequence[Role], policy: Policy) -> Decided:
    """Return as gravities what `judged` decides on rows in learned languages; probabilities are (rows, outputs)."""
    order = list(Role)
    places = np.array([order.index(role) for role in roles], np.uint8)
    return decide_all(as_steps(probabilities), places, np.ones(len(roles), bool), policy)


def judge(scorer: Scorer, items: Sequence[Item], policy: Policy, title: str, console: Console) -> Judged:
    """Score items behind a progress bar and decide on each."""
    found = [
        each
        for begin in tracked(range(0, len(items), _STEP), f"scoring {title}", console)
        for each in scorer.score(items[begin : begin + _STEP])
    ]
    rows = [each.probabilities for each in found]
    probabilities = np.stack(rows) if rows else np.empty((0, scorer.backend.width), dtype=np.float32)
    return judged(probabilities, items, policy, [each.supported for each in found])


def share_of(mask: Mask) -> Share:
    """Return how many of the rows a mask (rows,) holds."""
    return Share(int(mask.sum()), len(mask))


def logits_of(scorer: Scorer, items: Sequence[Item], title: str, console: Console) -> Array:
    """Return pooled logits of normalised items, shape (len(items), outputs), behind a progress bar."""
    parts = [
        scorer.logits(scorer.encoder.encode(items[begin : begin + _STEP]))
        for begin in tracked(range(0, len(items), _STEP), f"scoring {title}", console)
    ]
    return np.concatenate(parts) if parts else np.empty((0, scorer.backend.width), dtype=np.float32)
