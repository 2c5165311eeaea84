"""From texts to verdicts: limits, scoring, then the policy; what fails is answered as the policy says.

items -> limits -> Scoring -> decide(scores, policy, role) -> Judged
ScoringFailed  -> on_error: open allows, closed blocks, both say `degraded`
"""

from collections.abc import Sequence

import msgspec

from models.encode import Item
from models.outputs import OUTPUTS, UNSAFE
from service.cache.record import Coverage
from service.errors import BadRequest, ScoringFailed, TooLarge
from service.metrics import Metrics
from service.policies import Policies
from service.scoring import Scored, Scoring
from service.settings import Settings
from taxonomy.categories import OTHER
from taxonomy.files import native
from taxonomy.policy import Action, OnError, Policy
from taxonomy.verdict import CategoryVerdict, Scores, Verdict, decide


class Judged(msgspec.Struct, frozen=True):
    """One text with its scores and its verdict."""

    item: Item
    scored: Scored
    verdict: Verdict
    degraded: bool = False


class Judge:
    """Applies limits and policies around Scoring. For one event loop."""

    def __init__(self, scoring: Scoring, policies: Policies, settings: Settings, metrics: Metrics) -> None:
        self._scoring = scoring
        self.policies = policies
        self._max_chars = settings.max_chars
        self._metrics = metrics

    async def judge(self, items: Sequence[Item], policy: Policy, deadline: float | None = None) -> list[Judged]:
        """Return one Judged per item, in order.

        Raises BadRequest, TooLarge, Overloaded, DeadlineExceeded, Unavailable.
        """
        self._check_limits(items)
        try:
            scored = await self._scoring.score(items, deadline)
        except ScoringFailed:
            self._metrics.degraded.labels(policy.name).inc(len(items))
            judged = [_degraded(item, policy) for item in items]
        else:
            judged = [
                Judged(item, each, decide(each.scores, policy, item.role, supported=each.supported))
                for item, each in zip(items, scored, strict=True)
            ]
        for each in judged:
            self._count(each, policy)
        return judged

    def _check_limits(self, items: Sequence[Item]) -> None:
        if not items:
            raise BadRequest("there is nothing to judge")
        for i, item in enumerate(items):
            for name, text in (("text", item.text), ("context", item.context or "")):
                if len(text) > self._max_chars:
                    raise TooLarge(f"{name} {i} has {len(text)} characters, the limit is {self._max_chars}")

    def _count(self, judged: Judged, policy: Policy) -> None:
        self._metrics.verdicts.labels(policy.name, judged.item.role, judged.verdict.action).inc()
        for entry in judged.verdict.categories:
            if entry.action is not Action.ALLOW:
                self._metrics.categories.labels(policy.name, entry.slug, entry.action).inc()
            if entry.shadow_action not in (None, Action.ALLOW):
                self._metrics.shadow.labels(policy.name, entry.slug, entry.shadow_action).inc()


def view_of(entry: CategoryVerdict, views: Sequence[str]) -> str:
    """Return the view that made a category act; "" when it does not act, or the text as it stands did.

    `views` has one name for each of OUTPUTS. `needs_caution` repeats another category and has none of its own.
    """
    output = UNSAFE if entry.slug == OTHER else entry.slug
    acts = (entry.shadow_action or entry.action) is not Action.ALLOW
    return views[OUTPUTS.index(output)] if acts and output in OUTPUTS else ""


def _degraded(item: Item, policy: Policy) -> Judged:
    """Return the answer of on_error. Nothing was scored, so every score is 0 and the coverage says so."""
    nothing = Scores((0.0,) * len(native().trained), 0.0, 0.0)
    entries = decide(nothing, policy, item.role).categories
    # A threshold of 0 would flag the scores that are not there.
    categories = tuple(CategoryVerdict(each.slug, 0.0, each.threshold, False, Action.ALLOW) for each in entries)
    closed = policy.on_error is OnError.CLOSED
    verdict = Verdict(Action.BLOCK if closed else Action.ALLOW, closed, categories)
    return Judged(item, Scored(nothing, ("",) * len(OUTPUTS), Coverage(0, 0, 0), cached=False), verdict, degraded=True)
