"""What would have happened: the decisions of a log, decided again by another policy.

DecisionLog -> those asked for, scored by one model -> again -> counted, with intervals -> Replay
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from models.decide import Gravities
from models.tuning.again import Again, again
from models.tuning.changes import Changes, Group, LeftOut, Move, Named, OfCategory, Replay
from models.tuning.log import DecisionLog
from models.tuning.share import Shares
from taxonomy.categories import Role
from taxonomy.files import native
from taxonomy.policy import Action, Policy

By = Literal["tenant", "role", "policy", "language"]
_ACTIONS = tuple(Action)
_PAIRS = len(_ACTIONS)
# Of an answer's id the digits that the log draws by, how many ids are looked at, and what is taken to be no accident.
_DRAWN = r"([0-9a-f]{8})-[0-9]+$"
_LOOKED_AT = 20_000
_NO_ACCIDENT = 1e-6


class Asked(NamedTuple):
    """Which decisions to compare: times in milliseconds since 1970, UTC, the end excluded. None is any.

    `under` is the name of the policy they were made under. `model` is the first digits of a model's digest; without
    one, the model of the latest decision is meant.
    """

    since: int | None = None
    until: int | None = None
    tenant: str | None = None
    under: str | None = None
    model: str | None = None


ALL = Asked()


def replay(
    log: DecisionLog,
    policy: Policy,
    *,
    against: Policy | None = None,
    known: Sequence[Policy] = (),
    asked: Asked = ALL,
    by: Sequence[By] = ("tenant",),
    confidence: float = 0.95,
) -> Replay:
    """Decide a log's decisions again by `policy`, and compare with `against`, or with the verdicts on record.

    `known` are policies that decisions may have been made under: where they were, categories are compared as well.
    `confidence` in 0..1 is that of each interval.
    """
    frame = log.frame.with_row_index("row")
    wanted = frame.filter(*_wanted(asked))
    scored = wanted.filter(~pl.col("degraded"))
    latest = scored.select(pl.col("model").cast(pl.String).sort_by("time").last()).item() if len(scored) else ""
    model = asked.model or str(latest)
    same = scored.filter(pl.col("model").cast(pl.String).str.starts_with(model))
    compared = again(same, log.scores[same["row"].to_numpy()], policy, against, known)
    rows = compared.frame
    times = rows["time"].to_numpy()
    return Replay(
        policy=Named(policy.name, policy.digest),
        against=Named(against.name, against.digest) if against else None,
        confidence=confidence,
        model=model,
        first=int(times.min()) if len(times) else None,
        last=int(times.max()) if len(times) else None,
        kept=kept_share(frame["id"]),
        changes=_changes(compared, slice(None), confidence),
        by={each: _groups(compared, each, confidence) for each in by},
        policies=dict(rows["policy"].cast(pl.String).value_counts(sort=True).iter_rows()),
        left_out=LeftOut(
            not_asked_for=len(frame) - len(wanted),
            degraded=len(wanted) - len(scored),
            other_model=len(scored) - len(same),
            other_taxonomy=log.strangers,
            own_thresholds=len(same) - len(rows),
            unreadable=len(log.losses),
        ),
        feedback=log.feedback,
        losses=tuple(map(str, log.losses)),
    )


def kept_share(ids: pl.Series) -> float | None:
    """Return which share of answers a log seems to keep, in 0..1; None where nothing speaks for less than all.

    A log that keeps a share of the answers keeps those whose ids are below it (service.decisions.lines): of n answers
    the highest then lies near that share, and that all of n lie so low by accident has the probability share ** n.
    """
    step = max(1, len(ids) // _LOOKED_AT)
    drawn = ids.gather_every(step).str.extract(_DRAWN).drop_nulls().unique().str.to_integer(base=16).to_numpy()
    if not len(drawn):
        return None
    highest = (int(drawn.max()) + 1) / 16**8
    return min(1.0, highest * (1 + 1 / len(drawn))) if highest ** len(drawn) < _NO_ACCIDENT else None


def _wanted(asked: Asked) -> list[pl.Expr]:
    wanted = [pl.lit(True)]
    if asked.since is not None:
        wanted.append(pl.col("time") >= asked.since)
    if asked.until is not None:
        wanted.append(pl.col("time") < asked.until)
    if asked.tenant is not None:
        wanted.append(pl.col("tenant") == asked.tenant)
    if asked.under is not None:
        wanted.append(pl.col("policy") == asked.under)
    return wanted


def _groups(compared: Again, by: By, confidence: float) -> tuple[Group, ...]:
    """Return the changes of each group, the largest first."""
    names = compared.frame.select(pl.col(by)).with_row_index("at").group_by(by).agg("at")
    roles = list(Role)
    found = [(roles[name] if by == "role" else name, np.asarray(rows)) for name, rows in names.iter_rows()]
    return tuple(
        Group(str(name), _changes(compared, rows, confidence))
        for name, rows in sorted(found, key=lambda each: (-len(each[1]), each[0]))
    )


def _changes(of: Again, rows: NDArray[np.intp] | slice, confidence: float) -> Changes:
    texts, before, after, known = of.texts[rows], of.before[rows], of.after[rows], of.known[rows]
    shares, pairs = Shares(texts, confidence), _PAIRS * before + after

    # A row for each slug, so that what is counted lies side by side.
    was, would_be = (np.ascontiguousarray(each[rows].T) for each in (of.categories_before, of.categories_after))
    compared = shares if known.all() else Shares(texts[known], confidence)
    return Changes(
        decisions=shares.decisions,
        texts=shares.texts,
        changed=shares.of(after != before),
        graver=shares.of(after > before),
        milder=shares.of(after < before),
        moves=tuple(
            Move(_ACTIONS[pair // _PAIRS], _ACTIONS[pair % _PAIRS], shares.of(pairs == pair))
            for pair in np.unique(pairs).tolist()
        ),
        known=compared.decisions,
        categories=tuple(
            _category(slug, was[i], would_be[i], known, shares, compared) for i, slug in enumerate(native().slugs)
        ),
    )


def _category(
    slug: str, before: Gravities, after: Gravities, known: NDArray[np.bool_], shares: Shares, compared: Shares
) -> OfCategory:
    acts = shares.of(after > 0)
    if not compared.decisions:
        return OfCategory(slug, acts, None, None, None)
    before, after = before[known], after[known]
    return OfCategory(slug, acts, *map(compared.of, (before > 0, after > before, after < before)))
