"""Tables of sets of rows: what a policy does with them, how they rank, by role, category and fold."""

from collections.abc import Iterable, Iterator

from models.training.evaluate.figures import Category, Decisions, Figures, Outcome, Ranks, Slice
from models.training.evaluate.grid import Grid, number
from models.training.evaluate.report import Measured
from models.training.folds.lines import FoldLine, Folds

# The columns of a line after its name, here and on the model card.
TITLES = ("n", "harmless", "flagged", "reviewed", "blocked", "harmful", "recall", "stopped", "AP unsafe",
          "AUC unsafe", "ECE unsafe", "AP attack")  # fmt: skip
_DECISIONS = ("precision", "recall", "F1", "false positives")
_RANKS = ("AP", "AUC", "recall at 1 %", "recall at 5 %", "ECE")
_FOLD = ("source", "kind of text", "output", "fold")
_NO_OUTCOME = Outcome(0, 0.0, 0.0, 0.0, 0.0)


def cells(each: Figures) -> list[str]:
    """Return the columns TITLES of a line."""
    return _outcomes(each.whole)


def sets(measured: Measured) -> Iterator[Grid]:
    """Yield the sets of rows: what was done, how it was decided, how it ranks; then their roles and categories."""
    figures = measured.figures
    names = [(each, f"{each.name} ({each.standing})") for each in figures]
    yield Grid("What the policy does", ("rows", *TITLES), [(name, *cells(each)) for each, name in names])
    yield Grid(
        "Decisions",
        ("rows", *_DECISIONS, *(f"{title} of stopped" for title in _DECISIONS)),
        [(name, *_decisions(each.whole.flagged), *_decisions(each.whole.stopped)) for each, name in names],
    )
    yield Grid(
        "Ranking of `unsafe` and `attack`",
        ("rows", *_RANKS, *(f"{title} of attack" for title in _RANKS)),
        [(name, *_ranks(each.whole.unsafe), *_ranks(each.whole.attack)) for each, name in names],
    )
    yield Grid(
        "Per role",
        ("rows", "role", *TITLES, *_DECISIONS),
        [
            (name, role, *_outcomes(part), *_decisions(part.flagged))
            for each, name in names
            for role, part in each.roles.items()
        ],
        long=True,
    )
    for each, name in names:
        if each.categories:
            yield Grid(f"Categories in {name}", ("category", "positives", "negatives", *_RANKS, *_DECISIONS),
                       [_category(slug, found) for slug, found in each.categories.items()], long=True)  # fmt: skip


def folds(found: Folds | None) -> Iterator[Grid]:
    """Yield how sources rank that were left out, and what their own rows buy."""
    if found is None:
        return
    ranked = _RANKS[:-1]
    yield Grid(
        f"Left out in turn, in {len(found.folds)} folds",
        (*_FOLD, "n", "harmful", *ranked),
        [(*_fold(each), *_counts(each.left_out), *_ranked(each.left_out)) for each in found.lines],
        keys=len(_FOLD),
    )
    yield Grid(
        "On rows that neither model was trained on: source left out, and trained on",
        (*_FOLD, "n", "harmful", *(title for name in ranked for title in (f"{name}, left out", "trained on"))),
        [
            (
                *_fold(each),
                *_counts(out),
                *(cell for pair in zip(_ranked(out), _ranked(own), strict=True) for cell in pair),
            )
            for each in found.lines
            if (out := each.dev_left_out) and (own := each.dev_trained)
        ],
        keys=len(_FOLD),
    )


def _outcomes(part: Slice) -> list[str]:
    harmless, harmful = part.harmless or _NO_OUTCOME, part.harmful or _NO_OUTCOME
    return [
        str(part.rows), str(harmless.rows), *_percents(harmless, harmless.flagged, harmless.reviewed, harmless.blocked),
        str(harmful.rows), *_percents(harmful, harmful.flagged, harmful.stopped),
        *map(number, (part.unsafe.average_precision, part.unsafe.roc_auc, part.unsafe.calibration_error,
                       part.attack.average_precision)),
    ]  # fmt: skip


def _category(slug: str, found: Category) -> tuple[str, ...]:
    ranks = found.ranks
    return slug, str(ranks.positives), str(ranks.negatives), *_ranks(ranks), *_decisions(found.decisions)


def _decisions(found: Decisions) -> Iterable[str]:
    return map(number, (found.precision, found.recall, found.f1, found.false_positives))


def _ranks(found: Ranks) -> Iterable[str]:
    return (*_ranked(found), number(found.calibration_error))


def _ranked(found: Ranks) -> Iterable[str]:
    return map(number, (found.average_precision, found.roc_auc, found.recall_at_1, found.recall_at_5))


def _fold(each: FoldLine) -> tuple[str, ...]:
    return each.source or "all", each.role or "", each.output, str(each.fold)


def _counts(found: Ranks) -> tuple[str, str]:
    rows = found.positives + found.negatives
    return str(rows), f"{found.positives / rows:.1%}" if rows else ""


def _percents(found: Outcome, *shares: float) -> Iterable[str]:
    return (f"{share:.1%}" if found.rows else "" for share in shares)
