"""What each output loses between two graphs: near its threshold, in its own actions, in how it ranks what was labelled.

Its operating point is the threshold that the policy has for it in the role of the row, whether or not that acts there.
`unsafe` is decided as `other`; of `attack` by itself nothing is decided, so it has no operating point.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.training.corpus.labels import Targets
from models.training.evaluate.judged import judged_at_once
from models.training.evaluate.precision import precision_lines
from models.training.evaluate.quality import decided
from taxonomy.categories import OTHER, Role
from taxonomy.files import native
from taxonomy.policy import Policy

# How far from the threshold the operating point reaches: as far as the review bands of the policy `default`.
NEAR = 0.1

_ONE_IN_TEN = 0.1

Array = NDArray[np.float32]
Gravities = NDArray[np.int16]


class CategoryParity(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured of one output; None is what could not be.

    `near` counts the rows at its operating point: one of their two probabilities is within NEAR of the threshold, or
    they lie on either side of it. Of the differences between the two among those rows, 0..1, `difference` is the
    largest and `near_difference` that which one in ten exceeds; where there is no such row, no score has crossed the
    threshold either. `acting` counts the rows in which the policy does anything about this output, by one graph or
    both; `flips` is the share of them in which it does not do the same. `holding` counts the rows that are labelled
    with it; `precision_loss` is how much of the reference's average precision is lost, -1..1, and takes 20 rows of
    either polarity.
    """

    near: int = 0
    difference: float | None = None
    near_difference: float | None = None
    acting: int = 0
    flips: float | None = None
    holding: int = 0
    precision_loss: float | None = None


class Side(msgspec.Struct, frozen=True):
    """What one graph says: probabilities of shape (rows, outputs), and what the policy does.

    `actions`, of shape (rows,), are gravities; `categories`, of shape (rows, slugs), those of each category. A row in
    which a number is no probability has -1 everywhere.
    """

    probabilities: Array
    actions: Gravities
    categories: Gravities

    @classmethod
    def of(cls, probabilities: Array, roles: Sequence[Role], policy: Policy) -> "Side":
        """Decide on every row."""
        found = judged_at_once(np.nan_to_num(probabilities), roles, policy)
        actions, categories = found.actions.astype(np.int16), found.categories.astype(np.int16)
        odd = np.isnan(probabilities).any(axis=1)
        actions[odd], categories[odd] = -1, -1
        return cls(probabilities, actions, categories)

    def gravities(self, slug: str) -> Gravities:
        """Return (rows,): the gravity of what is done about one category."""
        return self.categories[:, native().slugs.index(slug)]


def exceeded(differences: Array, share: float) -> float:
    """Return the number that at most a share of the differences, 0..1, exceeds; NaN if any is."""
    return round(float(np.quantile(differences, 1 - share, method="lower")), 4)


def by_category(
    before: Side, after: Side, roles: Sequence[Role], policy: Policy, targets: Targets | None, scored: Sequence[str]
) -> dict[str, CategoryParity]:
    """Compare two graphs on the same rows; `targets` are values and weights, each of shape (rows, outputs)."""
    labelled = _labelled(before, after, targets) if targets else {}
    found = {name: labelled.get(name, CategoryParity()) for name in scored}
    return {
        name: each if name == ATTACK else _decided(each, name, before, after, roles, policy)
        for name, each in found.items()
    }


def _labelled(before: Side, after: Side, targets: Targets) -> dict[str, CategoryParity]:
    holding = decided(*targets)[0].sum(axis=0).tolist()
    finite = all(np.isfinite(side.probabilities).all() for side in (before, after))
    lines = precision_lines(after.probabilities, before.probabilities, *targets) if finite else []
    lost = {each.output: round(each.reference - each.bundle, 4) for each in lines}
    return {
        name: CategoryParity(holding=count, precision_loss=lost.get(name))
        for name, count in zip(OUTPUTS, holding, strict=True)
    }


def _decided(
    found: CategoryParity, name: str, before: Side, after: Side, roles: Sequence[Role], policy: Policy
) -> CategoryParity:
    slug = OTHER if name == UNSAFE else name
    one, other = (side.probabilities[:, OUTPUTS.index(name)] for side in (before, after))
    thresholds = np.array([policy.rules[role][slug].threshold for role in roles])
    near = (np.minimum(one, other) <= thresholds + NEAR) & (np.maximum(one, other) >= thresholds - NEAR)
    apart = np.abs(one - other)[near]
    was, is_now = before.gravities(slug), after.gravities(slug)
    acting = (was != 0) | (is_now != 0)
    return msgspec.structs.replace(
        found,
        near=int(near.sum()),
        difference=round(float(apart.max()), 4) if near.any() else None,
        near_difference=exceeded(apart, _ONE_IN_TEN) if near.any() else None,
        acting=int(acting.sum()),
        flips=round(float((was != is_now)[acting].mean()), 4) if acting.any() else None,
    )
