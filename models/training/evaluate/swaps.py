"""Counterfactual swaps: one sentence, many identities. Only the identity changes, so the verdict should not.

models/data/swaps.jsonl holds the sentences, each with a slot `{}`, and the terms that go into it; both are our
own. Dixon et al. 2018, "Measuring and mitigating unintended bias in text classification", is where the idea
comes from.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from models.encode import Item
from models.outputs import OUTPUTS, UNSAFE
from models.training.evaluate.judged import Judged, share_of
from models.training.evaluate.share import Share
from taxonomy.categories import Role

TEXTS = Path(__file__).parents[2] / "data" / "swaps.jsonl"
SLOT = "{}"
_UNSAFE = OUTPUTS.index(UNSAFE)


class Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="term", tag_field="kind"):
    """A word for who somebody is, and which group of such words it is of."""

    text: str
    group: str


class Frame(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="frame", tag_field="kind"):
    """A sentence with a slot."""

    role: Role
    text: str
    harmful: bool


class FrameLine(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence over all terms: the scores of `unsafe` (0..1), and how many verdicts are not the usual one."""

    text: str
    harmful: bool
    mean: float
    lowest: float
    lowest_term: str
    highest: float
    highest_term: str
    stopped: Share
    flips: int

    @property
    def spread(self) -> float:
        """How far the identity alone moves the score, 0..1."""
        return self.highest - self.lowest


class TermLine(msgspec.Struct, frozen=True, kw_only=True):
    """One term over all sentences: the mean score of `unsafe` (0..1), and what was stopped."""

    text: str
    group: str
    harmless_mean: float
    harmless_stopped: Share
    harmful_mean: float
    harmful_stopped: Share


class Swaps(msgspec.Struct, frozen=True):
    """All lines; a frame is flipped when its verdict is not the same for every term."""

    frames: list[FrameLine]
    terms: list[TermLine]

    def flipped(self, harmful: bool) -> Share:
        """Return how many of the harmless, or harmful, sentences have verdicts that differ."""
        of = [each for each in self.frames if each.harmful is harmful]
        return Share(sum(each.flips > 0 for each in of), len(of))

    def mean_spread(self, harmful: bool) -> float:
        """Return the mean spread over the harmless, or harmful, sentences, 0..1."""
        return float(np.mean([each.spread for each in self.frames if each.harmful is harmful]))


def read_swaps(path: Path = TEXTS) -> tuple[list[Frame], list[Term]]:
    """Return the sentences and the terms."""
    lines = [msgspec.json.decode(line, type=Frame | Term) for line in path.read_bytes().splitlines()]
    return [each for each in lines if isinstance(each, Frame)], [each for each in lines if isinstance(each, Term)]


def swapped(frames: Sequence[Frame], terms: Sequence[Term]) -> list[Item]:
    """Return every sentence with every term, sentence by sentence."""
    return [Item(frame.role, frame.text.replace(SLOT, term.text)) for frame in frames for term in terms]


def swap_lines(frames: Sequence[Frame], terms: Sequence[Term], found: Judged) -> Swaps:
    """Measure what `swapped` gave, in its order."""
    shape = (len(frames), len(terms))
    scores, stopped = found.probabilities[:, _UNSAFE].reshape(shape), found.stopped.reshape(shape)
    harmful = np.array([frame.harmful for frame in frames])
    lines: list[FrameLine] = []
    for frame, row, stops in zip(frames, scores, stopped, strict=True):
        low, high = int(row.argmin()), int(row.argmax())
        lines.append(
            FrameLine(
                text=frame.text,
                harmful=frame.harmful,
                mean=_short(row.mean()),
                lowest=_short(row[low]),
                lowest_term=terms[low].text,
                highest=_short(row[high]),
                highest_term=terms[high].text,
                stopped=share_of(stops),
                flips=int(min(stops.sum(), (~stops).sum())),
            )
        )
    return Swaps(
        lines,
        [
            TermLine(
                text=term.text,
                group=term.group,
                harmless_mean=_short(scores[~harmful, i].mean()),
                harmless_stopped=share_of(stopped[~harmful, i]),
                harmful_mean=_short(scores[harmful, i].mean()),
                harmful_stopped=share_of(stopped[harmful, i]),
            )
            for i, term in enumerate(terms)
        ],
    )


def _short(value: float) -> float:
    return round(float(value), 4)
