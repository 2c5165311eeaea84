"""What a replay answers: how many verdicts would be others, which way, in which categories and for whom."""

import msgspec

from models.tuning.share import Share
from taxonomy.policy import Action


class Move(msgspec.Struct, frozen=True):
    """The decisions that were `before` and would be `after`, of all that are compared."""

    before: Action
    after: Action
    share: Share


class OfCategory(msgspec.Struct, frozen=True):
    """What one category would do: how many decisions it would act on (flag, review or block), a shadow rule on none.

    `acted`, `graver` and `milder` say how that compares with before, over the decisions whose policy is known; they
    are None where none is.
    """

    slug: str
    acts: Share
    acted: Share | None
    graver: Share | None
    milder: Share | None


class Changes(msgspec.Struct, frozen=True):
    """What would change in one set of decisions. `moves` has every pair of verdicts that occurs, unchanged ones too.

    `known` of the decisions were made under a policy that is known, so that their categories can be compared.
    """

    decisions: int
    texts: int
    changed: Share
    graver: Share
    milder: Share
    moves: tuple[Move, ...]
    known: int
    categories: tuple[OfCategory, ...]


class Group(msgspec.Struct, frozen=True):
    """The changes among the decisions that have `name` as their tenant, role, policy or language."""

    name: str
    changes: Changes


class LeftOut(msgspec.Struct, frozen=True):
    """How many records are not compared, and why.

    `not_asked_for`: of another time, tenant or policy than asked for; `degraded`: answered without a model;
    `other_model` and `other_taxonomy`: scores that mean something else; `own_thresholds`: the request brought
    thresholds that a policy compared would refuse; `unreadable`: places of the log that cannot be read, a line or more
    each.
    """

    not_asked_for: int
    degraded: int
    other_model: int
    other_taxonomy: int
    own_thresholds: int
    unreadable: int


class Named(msgspec.Struct, frozen=True):
    """A policy by name and digest."""

    name: str
    digest: str


class Replay(msgspec.Struct, frozen=True):
    """The whole answer. `policy` is the candidate; `against` is what it is compared with, None for the log's verdicts.

    `first` and `last` are the times of the decisions compared, in milliseconds since 1970, UTC; None for no decision.
    `model` is the first digits of the digest of the model whose decisions are compared. `kept` is the share of answers
    that the log kept, as their ids tell it; None where nothing speaks for less than all. `policies` counts the
    decisions by the policy they were made under. `losses` says what of the log could not be read, `feedback` how many
    records are no decisions but feedback.
    """

    policy: Named
    against: Named | None
    confidence: float
    model: str
    first: int | None
    last: int | None
    kept: float | None
    changes: Changes
    by: dict[str, tuple[Group, ...]]
    policies: dict[str, int]
    left_out: LeftOut
    feedback: int
    losses: tuple[str, ...]
