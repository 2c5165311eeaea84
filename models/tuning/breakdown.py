"""What the chosen policy does to the verifying rows: verdicts, languages, lengths, each with a bound."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.decide import decide_all
from models.tuning.bounds import upper
from models.tuning.levels import stopped
from models.tuning.rows import DistinctRows, Mask, distinct
from models.tuning.scores import Scores
from models.tuning.sheet import Labelled
from models.tuning.tuned import Tuned
from models.tuning.walked import side
from taxonomy.categories import Role
from taxonomy.policy import Action

# Tokens of a text: up to each.
_LENGTHS = (16, 64, 256, 1024)
# Fewer rows than this say too little for a line of their own.
_FEWEST = 10


class Verdicts(NamedTuple):
    """The verifying rows, and what the policy says of them; masks have shape (m,).

    `caught` is what counts for harmful rows: with review bands a text that a person looks at is not missed.
    """

    rows: DistinctRows
    scores: Scores
    actions: NDArray[np.uint8]
    harmless: Mask
    to_catch: Mask
    stopped: Mask
    caught: Mask


class Line(NamedTuple):
    """A group of rows: errors of rows, and the upper bound on their share in 0..1 (None without rows)."""

    name: str
    stopped: int
    harmless: int
    stopped_most: float | None
    missed: int
    harmful: int
    missed_most: float | None


class Outcome(NamedTuple):
    """How many rows of one kind got each verdict, in the order of Action."""

    kind: str
    counts: tuple[int, ...]


def verdicts(tuned: Tuned, of: Labelled) -> Verdicts:
    """Decide the rows that were not chosen on."""
    merged = distinct(of.rows)
    verifying = ~tuned.choosing[merged.kept]
    rows = merged.only(verifying)
    scores = of.scores.only(np.flatnonzero(merged.kept)[verifying])
    decided = decide_all(rows.scores, rows.roles, rows.supported, tuned.policy)
    on = side(rows, tuned.policy, tuned.counts)
    stops = stopped(decided.actions, decided.flagged, tuned.counts)
    with_bands = any(change.review_band is not msgspec.UNSET for change in tuned.changes.values())
    caught = np.asarray(decided.actions > Action.ALLOW.gravity) if with_bands else stops
    return Verdicts(rows, scores, decided.actions, on.harmless, on.to_catch, stops, caught)


def outcomes(of: Verdicts) -> Iterator[Outcome]:
    """Yield the verdicts of harmless rows, of those to be caught, and of the rest."""
    rest = ~of.harmless & ~of.to_catch
    for kind, rows in (("harmless", of.harmless), ("harmful, to be caught", of.to_catch), ("neither", rest)):
        yield Outcome(kind, tuple(int((of.actions[rows] == action.gravity).sum()) for action in Action))


def by_language(of: Verdicts, confidence: float) -> list[Line]:
    """Return a line for each language with rows enough, the most frequent first."""
    languages = [(name or "not told", of.scores.languages == place) for place, name in enumerate(of.scores.names)]
    return _lines(sorted(languages, key=lambda each: -int(each[1].sum())), of, confidence)


def by_length(of: Verdicts, confidence: float) -> list[Line]:
    """Return a line for each range of lengths, the shortest first; none where nobody counted tokens."""
    tokens = of.scores.tokens
    if not tokens.any():
        return []
    place = np.searchsorted(_LENGTHS, tokens)
    begins = (1, *(most + 1 for most in _LENGTHS))
    ends = (*(f"to {most:,}" for most in _LENGTHS), "and more")
    names = [f"{begin:,} {end} tokens" for begin, end in zip(begins, ends, strict=True)]
    return _lines([(name, place == i) for i, name in enumerate(names)], of, confidence, 1)


def by_role(of: Verdicts, confidence: float) -> list[Line]:
    """Return a line for each role with rows enough."""
    return _lines([(str(role), of.rows.roles == place) for place, role in enumerate(Role)], of, confidence)


def _lines(groups: list[tuple[str, Mask]], of: Verdicts, confidence: float, fewest: int = _FEWEST) -> list[Line]:
    found, few = [], np.zeros(len(of.harmless), bool)
    for name, rows in groups:
        if rows.sum() < fewest:
            few |= rows
        else:
            found.append(_line(name, rows, of, confidence))
    return [*found, _line("others", few, of, confidence)] if few.any() else found


def _line(name: str, rows: Mask, of: Verdicts, confidence: float) -> Line:
    harmless, harmful = of.harmless & rows, of.to_catch & rows
    wrong, missed = int(of.stopped[harmless].sum()), int((~of.caught)[harmful].sum())
    return Line(
        name,
        wrong,
        int(harmless.sum()),
        float(upper(wrong, harmless.sum(), confidence)) if harmless.any() else None,
        missed,
        int(harmful.sum()),
        float(upper(missed, harmful.sum(), confidence)) if harmful.any() else None,
    )
