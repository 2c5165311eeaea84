"""What tuning has found, in the terminal."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from models.tuning.choose import FPR, RECALL, REVIEWS
from models.tuning.tables import print_table
from models.tuning.tuned import Tuned
from taxonomy.categories import Role
from taxonomy.evidence import Promise
from taxonomy.policy import Band, Policy, RuleChange
from taxonomy.wording import counted

_WORDS = {FPR: "false positives", RECALL: "recall", REVIEWS: "reviews"}


def show(tuned: Tuned, before: Policy, console: Console) -> None:
    """Print promises, thresholds and refusals. `before` is the policy begun with."""
    told = tuned.tally
    console.print(
        f"{counted(told.rows, 'row')}, {told.distinct:,} of them distinct: {told.harmless:,} harmless, "
        f"{told.harmful:,} harmful{''.join(_set_aside(tuned))}"
    )
    console.print(f"chosen on {tuned.chosen_on:,}, verified on {tuned.verified_on:,}")
    if shown := (*tuned.promises, *tuned.overall):
        print_table(_promises(tuned, shown), console)
    if tuned.changes:
        print_table(_changes(tuned, before), console)
    for note in tuned.notes:
        console.print(Text(note))
    for refusal in tuned.refusals:
        console.print(Text(f"refused: {refusal.words}"))


def share(value: float) -> str:
    """Return a share of 0..1 as percent, with as many digits as tell something."""
    return f"{100 * value:.2f} %"


def bound(each: Promise) -> str:
    """Return a bound in words."""
    return f"at {'least' if each.figure == RECALL else 'most'} {share(each.bound)}"


def figure(each: Promise) -> str:
    """Return what a promise is of, in words."""
    return _WORDS[each.figure]


def seen(each: Promise) -> str:
    """Return what was seen of the verifying rows, in words."""
    wrong = {FPR: "stopped", RECALL: "missed", REVIEWS: "reviewed"}[each.figure]
    return f"{each.errors:,} of {each.rows:,} {wrong}"


def _set_aside(tuned: Tuned) -> Iterator[str]:
    told = tuned.tally
    for count, what in (
        (told.excused, "harmful only by what the policy lets pass"),
        (told.unjudged, "not judged as a whole"),
        (told.contradictory, "labelled both ways"),
    ):
        if count:
            yield f"; {count:,} {what}"


def _promises(tuned: Tuned, shown: tuple[Promise, ...]) -> Table:
    together = tuned.joint and len(tuned.promises) > 1
    title = f"At {tuned.confidence:.4g} confidence{', promises together' if together else ''}"
    table = Table("of", "figure", "promised", "bound", "verifying rows", title=title, title_justify="left")
    for each in shown:
        sign = "≥" if each.figure == RECALL else "≤"
        promised = "-" if each.limit is None else f"{sign} {share(each.limit)}"
        table.add_row(each.of, figure(each), promised, bound(each), seen(each))
    return table


def _changes(tuned: Tuned, before: Policy) -> Table:
    known = tuned.known
    table = Table("category", "before", "threshold", "stopped without it", "missed with it")
    for slug, change in tuned.changes.items():
        table.add_row(
            slug,
            number(min(before.rules[role][slug].threshold for role in Role)),
            after(change),
            *(seen(each).rpartition(" ")[0] if (each := known.get((slug, of))) else "-" for of in (FPR, RECALL)),
        )
    return table


def after(change: RuleChange) -> str:
    """Return a threshold and its band, `-` for one that stays."""
    at = number(change.threshold) if isinstance(change.threshold, float) else "-"
    band = change.review_band
    return f"{at}, band {number(band.below)}" if isinstance(band, Band) and band.below else at


def number(value: float) -> str:
    """Return a threshold or a distance with two digits, or as many as it has."""
    return f"{value:.4f}".rstrip("0").ljust(4, "0")
