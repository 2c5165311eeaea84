"""A candidate beside the policy in force: how often their verdicts differ, and in which categories.

Everything happens on the event loop. The counts are this process's; those in /metrics can be summed over replicas.
"""

import time
from itertools import count
from typing import Protocol

from prometheus_client import Counter

from service.metrics import Metrics
from taxonomy.policy import Action
from taxonomy.verdict import Verdict

_numbers = count(1)


class Count(Protocol):
    """Something that one more text adds to."""

    def inc(self) -> None:
        """Add one."""
        ...


class _Tally:
    """A number of this comparison's own beside a counter that goes on over all of them."""

    def __init__(self, counter: Counter) -> None:
        self.texts = 0
        self._counter = counter

    def inc(self) -> None:
        self.texts += 1
        self._counter.inc()


class Disagreements:
    """One candidate compared with one policy in force, from `since` on (milliseconds since 1970).

    `number` is another for each comparison of the process.
    """

    def __init__(self, policy: str, metrics: Metrics) -> None:
        self.number = next(_numbers)
        self.since = round(time.time() * 1000)
        self._policy = policy
        self._metrics = metrics
        self._verdicts = {
            outcome: _Tally(metrics.candidates.labels(policy, outcome)) for outcome in ("same", "milder", "graver")
        }
        self._categories: dict[tuple[str, Action, Action], _Tally] = {}

    def counts(self, live: Verdict, candidate: Verdict) -> list[Count]:
        """Return what a text with these verdicts adds to."""
        differs = candidate.action.gravity - live.action.gravity
        outcome = "same" if differs == 0 else "milder" if differs < 0 else "graver"
        counts: list[Count] = [self._verdicts[outcome]]
        for ours, theirs in zip(live.categories, candidate.categories, strict=True):
            if ours.action is not theirs.action:
                counts.append(self._category(ours.slug, ours.action, theirs.action))
        return counts

    @property
    def verdicts(self) -> dict[str, int]:
        """Texts by what the candidate's verdict is beside the one in force: `same`, `milder`, `graver`."""
        return {outcome: tally.texts for outcome, tally in self._verdicts.items()}

    @property
    def categories(self) -> list[tuple[str, Action, Action, int]]:
        """Slug, action in force, the candidate's action, texts; by slug, most texts first."""
        found = [(*key, tally.texts) for key, tally in self._categories.items()]
        return sorted(found, key=lambda each: (each[0], -each[3]))

    def _category(self, slug: str, live: Action, candidate: Action) -> _Tally:
        key = (slug, live, candidate)
        if key not in self._categories:
            counter = self._metrics.candidate_categories.labels(self._policy, *key)
            self._categories[key] = _Tally(counter)
        return self._categories[key]
