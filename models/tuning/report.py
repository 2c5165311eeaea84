"""The report of one tuning as one HTML page: no script, nothing fetched, no text of anybody but our own."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from models.date import today
from models.tuning import figures, terminal
from models.tuning.breakdown import by_language, by_length, by_role, outcomes, verdicts
from models.tuning.choose import FPR, RECALL
from models.tuning.levels import COLUMNS
from models.tuning.rows import SLUGS, DistinctRows
from models.tuning.sheet import Labelled
from models.tuning.tuned import OVERALL, Tuned
from taxonomy.categories import Role
from taxonomy.evidence import Promise
from taxonomy.policy import Action, Policy

# Of each kind: with fewer a curve shows chance.
FEWEST = 5
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["percent"] = terminal.share


class Category(NamedTuple):
    """One category: its threshold before and after, what was measured of it, and its diagrams."""

    slug: str
    before: str
    after: str
    fpr: Promise | None
    recall: Promise | None
    diagram: str
    precision: float | None
    area: float | None


def report(tuned: Tuned, of: Labelled, before: Policy, name: str, asked: str) -> str:
    """Return the page; `before` is the policy begun with, `name` that of the new one, `asked` the objective."""
    found = verdicts(tuned, of)
    fpr, recall = (tuned.known.get((OVERALL, each)) for each in (FPR, RECALL))
    chosen = (
        None if tuned.refused or not fpr or not recall else (fpr.errors / fpr.rows, 1 - recall.errors / recall.rows)
    )
    limit = next((each.limit for each in tuned.promises if (each.of, each.figure) == (OVERALL, FPR)), None)
    return str(
        _TEMPLATES.get_template("report.html").render(
            tuned=tuned,
            of=of,
            before=before,
            name=name,
            asked=asked,
            made=today(),
            categories=list(_categories(tuned, found.rows, before)),
            outcomes=list(outcomes(found)),
            actions=list(Action),
            groups=[
                ("language", by_language(found, tuned.confidence)),
                ("length", by_length(found, tuned.confidence)),
                ("role", by_role(found, tuned.confidence)),
            ],
            path=figures.overall(tuned.rates, chosen, limit) if tuned.rates else "",
            coverage=figures.coverage(tuned.coverage) if tuned.coverage else "",
            words=terminal,
            fewest=FEWEST,
        )
    )


def _categories(tuned: Tuned, rows: DistinctRows, before: Policy) -> Iterator[Category]:
    known = tuned.known
    for slug, column in zip(SLUGS, COLUMNS, strict=True):
        thresholds = [tuned.policy.rules[role][slug].threshold for role in Role]
        each = figures.both(rows.scores[:, column], rows.positive[:, column], rows.negative[:, column], thresholds)
        drawn = min(len(each.positive), len(each.negative)) >= FEWEST
        precision, area = figures.areas(each) if drawn else (None, None)
        change = tuned.changes.get(slug)
        yield Category(
            slug,
            terminal.number(min(before.rules[role][slug].threshold for role in Role)),
            terminal.after(change) if change is not None else "-",
            known.get((slug, FPR)),
            known.get((slug, RECALL)),
            figures.category(each, slug) if drawn else "",
            precision,
            area,
        )
