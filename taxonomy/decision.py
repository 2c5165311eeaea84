"""What is kept of a decision so that it can be replayed and learned from: numbers, names and digests, never text."""

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from taxonomy.categories import Role, Taxonomy
from taxonomy.policy import Action
from taxonomy.verdict import Scores

# Scores are rounded to four decimals before they are decided on, so a whole number of these is exact.
STEPS = 10_000
# Hex digits of a digest that a record keeps: enough to tell a few thousand policies and models apart.
SHORT = 16
# The end of the year 9999: a later moment has no date, and stands in no record that was not damaged.
LAST_MOMENT = 253_402_300_799_999
Milliseconds: TypeAlias = Annotated[int, Meta(ge=0, le=LAST_MOMENT)]


class Decision(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="decision"):
    """One text's scores and verdict.

    `id` is the answer's id, a dash, and the text's position in it; the turns read together come last. `time` is in
    milliseconds since 1970, UTC. `scores` are in ten-thousandths (0 to STEPS): Taxonomy.trained in its order, then
    `unsafe` and `attack`. `policy_digest`, `model` and `taxonomy` are the first SHORT hex digits of the digests;
    `version` is the policy's, 0 for one that is shipped or kept in a file. `text` is 32 hex digits of the
    keyed hash of text, role and, with a response, its prompt: equal where they are, as long as the secret stays.
    `thresholds` are the request's own. A `degraded` decision is on_error's: its scores are 0 and mean nothing.
    """

    id: str
    time: Milliseconds
    role: Role
    scores: tuple[int, ...]
    verdict: Action
    policy: str
    policy_digest: str
    model: str
    taxonomy: str
    text: str
    tokens: int
    scored: int
    windows: int
    tenant: str = ""
    version: int = 0
    language: str = ""
    supported: bool = True
    cached: bool = False
    degraded: bool = False
    thresholds: dict[str, float] = {}


class Feedback(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="kind", tag="feedback"):
    """What somebody who knows says of a decision: whether its verdict was right, and which categories hold.

    `labels` says of each slug that was judged whether it holds; `unsafe` and `attack` are slugs here. `time` is in
    milliseconds since 1970, UTC. `tenant` is that of who says it, "" for an operator; what another tenant than the
    decision's says does not count. Of two that do the later counts.
    """

    decision: str
    time: Milliseconds
    right: bool
    labels: dict[str, bool] = {}
    tenant: str = ""


def short(digest: str) -> str:
    """Return the digits of a digest, `sha256:` and 64 of them, that a record keeps."""
    return digest.removeprefix("sha256:")[:SHORT]


def steps(scores: Scores) -> tuple[int, ...]:
    """Return scores in ten-thousandths: the categories, `unsafe`, `attack`."""
    return tuple(round(score * STEPS) for score in (*scores.categories, scores.unsafe, scores.attack))


def scores_of(kept: tuple[int, ...], taxonomy: Taxonomy) -> Scores:
    """Return the scores that `steps` wrote, each the same float. Raises ValueError for a wrong number of them."""
    if len(kept) != len(taxonomy.trained) + 2:
        raise ValueError(f"{len(kept)} scores for {len(taxonomy.trained) + 2} outputs")
    *categories, unsafe, attack = (step / STEPS for step in kept)
    return Scores(tuple(categories), unsafe, attack)
