"""Which texts to label next: those whose labels would narrow the bounds most.

How wide the bound on a rate is depends on how many judged texts there are, and only a fair draw of the traffic says
something of the traffic. Where a threshold should stand is told by the texts around it. So there are two parts, and
every row says which it is of:

`even`: a systematic sample of the texts in order of role and overall score, from a random start (Cochran 1977, Sampling
Techniques, ch. 8): stratified by both, and every text as likely as any other. These bear `traffic`.

`near`: the texts whose scores lie nearest to the policy's thresholds, categories in turn: uncertainty sampling (Lewis &
Gale 1994, "A sequential algorithm for training text classifiers"), with the threshold in place of one half. Among them
errors are more frequent than in the traffic, so that false positives verified on them too are bounded too high, never
too low; of recall that cannot be said.

Identical texts are one, and what is labelled already is left out.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.outputs import OUTPUTS, UNSAFE
from models.tuning.levels import COLUMNS
from models.tuning.rows import SLUGS, DistinctRows, LabelledRows, distinct
from models.tuning.tuned import TuningError
from taxonomy.categories import Role
from taxonomy.decision import STEPS
from taxonomy.policy import Action, Policy

EVEN, NEAR = "even", "near"
_FAR = 10.0


class Picked(NamedTuple):
    """A row to label: its place among the rows given; of a near one also which threshold, at what distance (0..1)."""

    place: int
    part: str
    category: str = ""
    distance: float = 0.0


def sample(rows: LabelledRows, policy: Policy, count: int, even: float = 0.5, seed: int = 0) -> list[Picked]:
    """Pick `count` texts, a share `even` (0..1) of them evenly; fewer where there are fewer that nobody has judged.

    Raises TuningError when nothing is left to label.
    """
    merged = distinct(rows)
    places = _unjudged(merged)
    if not len(places):
        raise TuningError("every text is labelled already: there is nothing to pick")
    given = np.flatnonzero(merged.kept)
    count = min(count, len(places))
    drawn = _even(merged, places, round(count * even), np.random.default_rng(seed))
    found = [Picked(int(given[place]), EVEN) for place in drawn]
    left = np.setdiff1d(places, drawn)
    for place, slug, distance in _near(merged, left, policy, count - len(found)):
        found.append(Picked(int(given[place]), NEAR, slug, distance))
    return found


def _unjudged(rows: DistinctRows) -> NDArray[np.intp]:
    """Return one row of every text that nobody has judged in any role."""
    judged = rows.harmless | rows.harmful
    groups, first = np.unique(rows.groups, return_index=True)
    return np.sort(first[~np.isin(groups, rows.groups[judged])])


def _even(rows: DistinctRows, places: NDArray[np.intp], count: int, random: np.random.Generator) -> NDArray[np.intp]:
    if not count:
        return places[:0]
    order = places[np.lexsort((rows.scores[places, OUTPUTS.index(UNSAFE)], rows.roles[places]))]
    step = len(order) / count
    return np.asarray(order[((np.arange(count) + random.random()) * step).astype(np.intp)])


def _near(rows: DistinctRows, places: NDArray[np.intp], policy: Policy, count: int) -> Iterator[tuple[int, str, float]]:
    """Yield the places nearest to the thresholds, of each category that acts in turn."""
    queues = []
    for slug, column in zip(SLUGS, COLUMNS, strict=True):
        rules = [policy.rules[role][slug] for role in Role]
        acts = np.array([not rule.shadow and rule.action is not Action.ALLOW for rule in rules])
        thresholds = np.array([rule.threshold for rule in rules])[rows.roles[places]]
        distance = np.abs(rows.scores[places, column] / STEPS - thresholds)
        distance[~acts[rows.roles[places]]] = _FAR
        order = np.argsort(distance, kind="stable")[: count * len(SLUGS)]
        queues.append((slug, iter([(int(places[i]), float(distance[i])) for i in order if distance[i] < _FAR])))
    taken: set[int] = set()
    while queues and len(taken) < count:
        for slug, queue in list(queues):
            found = next((each for each in queue if each[0] not in taken), None)
            if found is None:
                queues.remove((slug, queue))
            elif len(taken) < count:
                taken.add(found[0])
                yield found[0], slug, round(found[1], 4)
