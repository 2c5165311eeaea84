"""From texts to verdicts: limits, scoring, then the policy; what fails is answered as the policy says.

items -> limits -> Scoring -> decide(scores, policy, role) -> Judged
ScoringFailed  -> on_error: open allows, closed blocks, both say `degraded`
"""

from collections.abc import Iterable, Sequence
from functools import cache

import msgspec

from models.encode import Item
from models.outputs import OUTPUTS, UNSAFE
from service.cache.record import Coverage
from service.errors import BadRequest, ScoringFailed
from service.metrics import Metrics
from service.policies.policies import Policies
from service.policies.ruling import Ruling
from service.policies.shadow import Count
from service.scoring import Guard, Scored, Scoring
from taxonomy.categories import OTHER, Role
from taxonomy.files import native
from taxonomy.policy import Action, OnError, Policy
from taxonomy.verdict import CategoryVerdict, Scores, Verdict, decide


class Judged(msgspec.Struct, frozen=True, gc=False):
    """One text's scores and verdict, without the text. `counts` are the metrics that it adds to when it is answered.

    `written` is for the routes and the decision log: what they make of it, by their name. Neither this nor what it
    holds is ever in a cycle, so the collector need not count and walk it (`gc=False`): there are dozens a text.
    """

    role: Role
    scored: Scored
    verdict: Verdict
    counts: tuple[Count, ...]
    degraded: bool = False
    written: dict[str, bytes] = {}


class Kept(msgspec.Struct, frozen=True, gc=False):
    """What is kept of a verdict with a text that is asked often. It does not lead back to the text's scores.

    Else each such text would be a cycle, which only the collector finds, and all requests wait while it looks.
    """

    verdict: Verdict
    counts: tuple[Count, ...]
    written: dict[str, bytes]


# Verdicts kept with a text that is asked often: one for each ruling, not for every threshold a caller may send.
_MOST_VERDICTS = 4


class Judge:
    """Applies policies around Scoring. For one event loop."""

    def __init__(self, scoring: Scoring, policies: Policies, metrics: Metrics) -> None:
        self._scoring = scoring
        self.policies = policies
        self._metrics = metrics
        # Looked up once for each policy, role, slug and action: there are as many as the metrics have.
        self._verdicts = cache(metrics.verdicts.labels)
        self._categories = cache(metrics.categories.labels)
        self._shadow = cache(metrics.shadow.labels)

    async def judge(
        self,
        items: Sequence[Item],
        ruling: Ruling,
        deadline: float | None = None,
        guard: Guard | None = None,
        tenant: str = "",
    ) -> list[Judged]:
        """Return one Judged per item, in order. `deadline`, `guard` and `tenant` are those of Scoring.score.

        Raises BadRequest without items, TooLarge for too many tokens, Overloaded, DeadlineExceeded, Unavailable.
        """
        if not items:
            raise BadRequest("there is nothing to judge")
        policy = ruling.policy
        try:
            scored = await self._scoring.score(items, deadline, guard, tenant)
        except ScoringFailed:
            hashes = await self._scoring.text_hashes(items)
            return [self._degraded(item.role, policy, each) for item, each in zip(items, hashes, strict=True)]
        return [self._decided(each, item.role, ruling) for item, each in zip(items, scored, strict=True)]

    def _decided(self, scored: Scored, role: Role, ruling: Ruling) -> Judged:
        """Return the verdict on a text; on one asked often, the one that was kept."""
        kept: Kept | None = scored.made.get(ruling.key) if scored.cached else None
        if kept:
            return Judged(role, scored, kept.verdict, kept.counts, written=kept.written)
        verdict = decide(scored.scores, ruling.policy, role, supported=scored.supported)
        counts = self._counts(verdict, role, ruling.policy)
        if ruling.candidate and ruling.disagreements:
            candidate = decide(scored.scores, ruling.candidate, role, supported=scored.supported)
            counts = (*counts, *ruling.disagreements.counts(verdict, candidate))
        judged = Judged(role, scored, verdict, counts)
        if scored.cached and len(scored.made) < _MOST_VERDICTS:
            scored.made[ruling.key] = Kept(verdict, counts, judged.written)
        return judged

    def _counts(self, verdict: Verdict, role: Role, policy: Policy) -> tuple[Count, ...]:
        """Return the counters of a verdict: its own, and one for each category or shadow rule that acts."""
        counts: list[Count] = [self._verdicts(policy.name, role, verdict.action)]
        for entry in verdict.categories:
            if entry.action is not Action.ALLOW:
                counts.append(self._categories(policy.name, entry.slug, entry.action))
            if entry.shadow_action not in (None, Action.ALLOW):
                counts.append(self._shadow(policy.name, entry.slug, entry.shadow_action))
        return tuple(counts)

    def _degraded(self, role: Role, policy: Policy, text_hash: bytes) -> Judged:
        """Return the answer of on_error. Nothing was scored, so every score is 0 and the coverage says so."""
        nothing = Scores((0.0,) * len(native().trained), 0.0, 0.0)
        entries = decide(nothing, policy, role).categories
        # A threshold of 0 would flag the scores that are not there.
        categories = tuple(CategoryVerdict(each.slug, 0.0, each.threshold, False, Action.ALLOW) for each in entries)
        closed = policy.on_error is OnError.CLOSED
        verdict = Verdict(Action.BLOCK if closed else Action.ALLOW, closed, categories)
        scored = Scored(nothing, ("",) * len(OUTPUTS), Coverage(0, 0, 0), cached=False, text_hash=text_hash)
        counts = (*self._counts(verdict, role, policy), self._metrics.degraded.labels(policy.name))
        return Judged(role, scored, verdict, counts, degraded=True)


def count(judged: Iterable[Judged]) -> None:
    """Count texts that are answered: once nothing can refuse the request any more."""
    for each in judged:
        for one in each.counts:
            one.inc()


def view_of(entry: CategoryVerdict, views: Sequence[str]) -> str:
    """Return the view that made a category act; "" when it does not act, or the text as it stands did.

    `views` has one name for each of OUTPUTS. `needs_caution` repeats another category and has none of its own.
    """
    output = UNSAFE if entry.slug == OTHER else entry.slug
    acts = (entry.shadow_action or entry.action) is not Action.ALLOW
    return views[OUTPUTS.index(output)] if acts and output in OUTPUTS else ""
