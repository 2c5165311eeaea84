"""Decisions joined with what people said of them: rows to tune on, in the form of `tidegate classify --json`."""

from collections.abc import Iterable, Mapping

import msgspec

from models.outputs import ATTACK, UNSAFE
from models.record import Record
from taxonomy.categories import Role
from taxonomy.decision import Decision, Feedback, scores_of
from taxonomy.files import native
from taxonomy.policy import Action


class LabelledRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """One text: its scores (0..1), and what holds as far as it is known. `traffic` is False: nobody drew it at random.

    `safe` True says that nothing holds; False that the text is harmful.
    """

    id: str
    role: Role
    verdict: Action
    unsafe: float
    attack: float
    categories: dict[str, float]
    language: str
    supported: bool
    traffic: bool
    labels: dict[str, bool] = {}
    safe: bool | None = None


class Joined(msgspec.Struct, frozen=True):
    """Rows, a text each, and how many pieces of feedback found no place in them, by the reason in words."""

    rows: list[LabelledRow]
    left_out: dict[str, int]


NOT_THERE = "on decisions that are not in this log"
OTHER_TENANT = "by another tenant than the decision's"
DEGRADED = "on decisions that were made without scores"
OTHER_MODEL = "on decisions of an earlier model"
REPEATED = "on a text that a later one is about"
SAYS_NOTHING = "that do not say what holds: a review was right or wrong, or labels contradict each other"


class Heard:
    """Feedback by decision and tenant, of a tenant's the latest: the first way through a log.

    Whose decision it is, nobody knows yet: what one tenant says must not take the place of another's word.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        self.by_decision: dict[str, dict[str, Feedback]] = {}
        for each in records:
            if isinstance(each, Feedback):
                said = self.by_decision.setdefault(each.decision, {})
                known = said.get(each.tenant)
                if known is None or each.time >= known.time:
                    said[each.tenant] = each


def joined(records: Iterable[Record], heard: Heard) -> Joined:
    """Join decisions with their feedback: the second way through the log. Rows are of one model, the latest one's.

    A tenant's feedback is only worth something on its own decisions; that of nobody's, an operator's, on all. Of what
    the two say of one decision the later counts.
    """
    left_out = dict.fromkeys((NOT_THERE, OTHER_TENANT, DEGRADED, OTHER_MODEL, REPEATED, SAYS_NOTHING), 0)
    found: dict[tuple[str, Role], tuple[Decision, Feedback]] = {}
    left_out[NOT_THERE] = sum(map(len, heard.by_decision.values()))
    latest: Decision | None = None
    for decision in records:
        said = heard.by_decision.get(decision.id) if isinstance(decision, Decision) else None
        if not isinstance(decision, Decision) or said is None:
            continue
        left_out[NOT_THERE] -= len(said)
        fitting = [said[tenant] for tenant in dict.fromkeys(("", decision.tenant)) if tenant in said]
        left_out[OTHER_TENANT] += len(said) - len(fitting)
        if not fitting:
            continue
        feedback = max(fitting, key=lambda each: each.time)
        if decision.degraded:
            left_out[DEGRADED] += 1
        elif latest and decision.model != latest.model and decision.time < latest.time:
            left_out[OTHER_MODEL] += 1
        else:
            if latest and decision.model != latest.model:
                left_out[OTHER_MODEL] += len(found)
                found.clear()
            latest = decision if latest is None or decision.time >= latest.time else latest
            known = found.get((decision.text, decision.role))
            left_out[REPEATED] += known is not None
            if known is None or feedback.time >= known[1].time:
                found[decision.text, decision.role] = decision, feedback
    rows = [row for decision, feedback in found.values() if (row := _row(decision, feedback))]
    left_out[SAYS_NOTHING] = len(found) - len(rows)
    return Joined(rows, {reason: count for reason, count in left_out.items() if count})


def contradict(labels: Mapping[str, bool]) -> bool:
    """Tell whether labels cannot all be true: a hazard holds and not `unsafe`, or an attack and not `attack`."""
    holding = {slug for slug, holds in labels.items() if holds}
    taxonomy = native()
    sides = ((taxonomy.hazards, UNSAFE), (taxonomy.attacks, ATTACK))
    return any(holding & named and labels.get(overall) is False for named, overall in sides)


def _row(decision: Decision, feedback: Feedback) -> LabelledRow | None:
    labels, safe = dict(feedback.labels), None
    if decision.verdict is Action.ALLOW:
        safe = feedback.right
    elif decision.verdict is not Action.REVIEW:
        safe = not feedback.right
    scores = scores_of(decision.scores, native())
    if labels:
        # Labels say more than the verdict does, and win over it.
        safe = True if safe and not any(labels.values()) else None
    elif safe is False and decision.verdict is not Action.ALLOW:
        # It was stopped for one of the two, and rightly so.
        labels, safe = {ATTACK if scores.attack > scores.unsafe else UNSAFE: True}, None
    if contradict(labels) or (not labels and safe is None):
        return None
    categories = dict(zip(native().trained, scores.categories, strict=True))
    return LabelledRow(
        decision.id,
        decision.role,
        decision.verdict,
        scores.unsafe,
        scores.attack,
        categories,
        decision.language,
        decision.supported,
        traffic=False,
        labels=labels,
        safe=safe,
    )
