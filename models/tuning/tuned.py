"""What tuning answers: new rules for categories, what they promise, what was refused and why."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.tuning.objective import Counted, Objective, Scope
from taxonomy.evidence import Promise
from taxonomy.policy import Policy, RuleChange

# What a promise is of that is of no category.
OVERALL = "overall"


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """A promise that the rows cannot carry.

    `of` and `figure` are as in Promise; `limit` is None where one kind of rows is missing altogether. `rows` verifying
    rows had `errors` at the most careful thresholds there are. `missing` is how many more labelled rows of that kind
    are needed, those to choose on included; None where no number of rows would help. `words` is a sentence for people.
    """

    of: str
    figure: str
    limit: float | None
    rows: int
    errors: int
    missing: int | None
    words: str


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """What the rows were: `rows` as given, `distinct` after identical ones were merged; the rest counts distinct rows.

    Rows are identical when group, role and scores are. `contradictory` of them were labelled both ways: what they
    disagree on is taken as unknown. `excused` are harmful only by categories that the policy lets pass in their role:
    neither harmless nor to be caught. `unjudged` are neither harmless nor harmful for want of labels.
    """

    rows: int
    distinct: int
    harmless: int
    harmful: int
    excused: int
    unjudged: int
    contradictory: int


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """Rates in 0..1 along a path, each of shape (points,): of the rows chosen on and of those verified on.

    For a report to draw: nothing is promised along the way.
    """

    fpr: NDArray[np.float64]
    recall: NDArray[np.float64]
    verified_fpr: NDArray[np.float64]
    verified_recall: NDArray[np.float64]


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """Risk and coverage as review bands widen, each of shape (points,), in 0..1, on the verifying rows.

    `coverage` is the share of rows decided alone, `risk` the share of wrong verdicts among those that are judged, and
    `recall` the share of harmful rows stopped or reviewed. `chosen` is the point chosen, None where it was refused.
    El-Yaniv & Wiener 2010, "On the foundations of noise-free selective classification"; Geifman & El-Yaniv 2017,
    "Selective classification for deep neural networks".
    """

    coverage: NDArray[np.float64]
    risk: NDArray[np.float64]
    recall: NDArray[np.float64]
    chosen: int | None


class Tuned(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one objective.

    `changes` is what to write under `categories` of a policy that extends the one begun with; `policy` is that policy
    with the changes made, so that it decides as the written one will. `promises` have a limit and hold together at
    `confidence` (where `joint` is False: each by itself). `measured` have none: each bound holds by itself at
    `confidence`, on the verifying rows. `refusals` leave their categories as they were; where an overall promise is
    refused, no threshold is changed.

    `chosen_on` and `verified_on` count distinct judged rows; `choosing` and `kept`, of shape (n,) in the order the rows
    were given, say which rows were chosen on, and which rows stand for their copies. `notes` are sentences for people:
    bands that were cut short, categories without a label; `warnings` are on those left idle. The same
    arguments give the same answer.
    """

    objective: Objective
    confidence: float
    scope: Scope
    joint: bool
    counts: Counted
    policy: Policy
    changes: dict[str, RuleChange]
    promises: tuple[Promise, ...]
    measured: tuple[Promise, ...]
    refusals: tuple[Refusal, ...]
    tally: Tally
    chosen_on: int
    verified_on: int
    choosing: NDArray[np.bool_]
    kept: NDArray[np.bool_]
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    rates: Rates | None = None
    coverage: Coverage | None = None

    @property
    def overall(self) -> tuple[Promise, ...]:
        """What was only measured, of all categories together."""
        return tuple(each for each in self.measured if each.of == OVERALL)

    @property
    def known(self) -> dict[tuple[str, str], Promise]:
        """What is promised or was measured, by what it is of and the figure."""
        return {(each.of, each.figure): each for each in (*self.measured, *self.promises)}

    @property
    def refused(self) -> bool:
        """Whether nothing that was asked for can be promised, so that there is no policy to write."""
        return bool(self.refusals) and not self.promises


class TuningError(ValueError):
    """Rows or arguments that nothing can be learned from; the message names which and the limit."""


class DataError(TuningError):
    """A file that cannot be used as labelled texts; the message names the place, never what stands there."""
