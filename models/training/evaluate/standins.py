"""Rows of ours that stand for a benchmark that we do not have: which rows of which set."""

import re
from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np

from models.outputs import OUTPUTS
from models.training.corpus.build import stack
from models.training.corpus.mix import Example
from models.training.evaluate.judged import Judged, Mask
from models.training.evaluate.kinds import Origin
from models.training.evaluate.quality import decided, harmful_rows, harmless_rows
from models.training.evaluate.rows import OURS, RESTRICTED, RowSet, Standing
from models.training.evaluate.scored import Scored
from taxonomy.categories import Role

# From rows to a mask (rows,) of those that are wanted.
Pick = Callable[[Sequence[Example]], Mask]

# Words that attacks are full of, and people as well.
TRIGGERS = re.compile(
    r"\b(ignor|disregard|forget|bypass|overrid|overrul|pretend|jailbreak|system prompt|instruction|secret|password"
    r"|hidden|reveal|unlock|disabl|act as|unrestricted|uncensored|inject)",
    re.IGNORECASE,
)


class StandIn(msgspec.Struct, frozen=True):
    """Rows of one or several sets of the same standing; `which` says in words what `pick` takes.

    A name is that of a set, or of a source among the dev rows. With `labels`, only rows with one of these labels of
    their source.
    """

    names: tuple[str, ...]
    which: str
    pick: Pick
    labels: tuple[str, ...] = ()

    @property
    def origins(self) -> tuple[Origin, ...]:
        """The labels with the sources that give them."""
        return tuple(Origin(name, label) for name in self.names for label in self.labels)

    @property
    def wants(self) -> str:
        """Why there may be no rows."""
        if self.names == (OURS,):
            return "no test set: --own was not given, or has none"
        if set(self.names) <= set(RESTRICTED):
            return "restricted: --restricted was not given, or lacks it"
        return "no such rows in --data"


class Chosen(msgspec.Struct, frozen=True):
    """The rows of a stand-in, with what was said of them."""

    standing: Standing
    examples: list[Example]
    found: Judged


def choose(scored: Scored, wanted: StandIn, labelled: Mapping[Origin, frozenset[str]]) -> Chosen | None:
    """Return the rows of a stand-in; None where no set has any."""
    ids = frozenset[str]().union(*(labelled[origin] for origin in wanted.origins))
    parts: list[Chosen] = []
    for rows, found in scored:
        mask = np.array([_named(rows, each, wanted) for each in rows.examples], dtype=bool)
        if wanted.labels:
            mask &= np.array([each.id.removesuffix("/prompt") in ids for each in rows.examples], dtype=bool)
        if mask.any() and (mask := mask & wanted.pick(rows.examples)).any():
            parts.append(Chosen(rows.standing, [rows.examples[i] for i in np.flatnonzero(mask)], found.only(mask)))
    if not parts:
        return None
    found = Judged(
        np.concatenate([part.found.probabilities for part in parts]),
        [verdict for part in parts for verdict in part.found.verdicts],
    )
    return Chosen(parts[0].standing, [each for part in parts for each in part.examples], found)


def _named(rows: RowSet, example: Example, wanted: StandIn) -> bool:
    return rows.name in wanted.names or (rows.standing is Standing.DEV and example.source in wanted.names)


def of_role(role: Role) -> Pick:
    """Take the rows of a role."""
    return lambda examples: np.array([each.item.role is role for each in examples], dtype=bool)


def worded(examples: Sequence[Example]) -> Mask:
    """Take prompts with words that attacks are full of."""
    said = [TRIGGERS.search(each.item.text) is not None for each in examples]
    return np.array(said, dtype=bool) & of_role(Role.PROMPT)(examples)


def holding(*outputs: str) -> Pick:
    """Take prompts of which every one of `outputs` holds."""

    def pick(examples: Sequence[Example]) -> Mask:
        hold = np.stack([_holds(examples, each) for each in outputs]).all(axis=0)
        return np.asarray(hold & of_role(Role.PROMPT)(examples))

    return pick


def beside(output: str, role: Role) -> Pick:
    """Take the rows of a role in groups of which some row, of any role, has `output`."""

    def pick(examples: Sequence[Example]) -> Mask:
        return _in_groups(examples, _holds(examples, output)) & of_role(role)(examples)

    return pick


def twins(examples: Sequence[Example]) -> Mask:
    """Take the prompts of groups that hold harmful prompts and harmless ones."""
    prompts = of_role(Role.PROMPT)(examples)
    values, weights = stack(list(examples))
    sides = (harmful_rows(values, weights) & prompts, harmless_rows(values, weights) & prompts)
    return prompts & _in_groups(examples, sides[0]) & _in_groups(examples, sides[1])


def _holds(examples: Sequence[Example], output: str) -> Mask:
    values, weights = stack(list(examples))
    i = OUTPUTS.index(output)
    return decided(values[:, i], weights[:, i])[0]


def _in_groups(examples: Sequence[Example], rows: Mask) -> Mask:
    groups = {each.group for each, holds in zip(examples, rows, strict=True) if holds}
    return np.array([each.group in groups for each in examples], dtype=bool)
