"""A replay as tables for a terminal."""

from rich.console import Console
from rich.table import Table

from models.date import instant
from models.lines import NOT_CLOSED
from models.tuning.changes import Changes, Group, LeftOut, Replay
from models.tuning.share import Share
from models.tuning.tables import print_table
from taxonomy.wording import counted

_MOST_GROUPS = 20
_MOST_LOSSES = 10
_WHY = {
    "not_asked_for": "not asked for",
    "degraded": "answered without a model (degraded)",
    "other_model": "scored by another model",
    "other_taxonomy": "of another taxonomy",
    "own_thresholds": "with thresholds of their own that the policy would refuse",
}


def show(found: Replay, console: Console | None = None) -> None:
    """Print what would change, for whom, and what could not be compared."""
    out = console or Console()
    for line in _heading(found):
        out.print(line, soft_wrap=True, markup=False, highlight=False)
    print_table(_moves(found.changes), out)
    print_table(_categories(found.changes), out)
    for name, groups in found.by.items():
        print_table(_groups(name, groups), out)
    for line in (*_left_out(found.left_out), *_losses(found.losses)):
        out.print(line, soft_wrap=True, markup=False, highlight=False)


def _heading(found: Replay) -> list[str]:
    changes, percent = found.changes, f"{100 * found.confidence:g} %"
    before = f"the policy {found.against.name}" if found.against else "the verdicts on record"
    lines = [
        f"{found.policy.name} instead of {before}: {counted(changes.decisions, 'decision')}"
        f" on {counted(changes.texts, 'distinct text')}"
        + ("" if found.first is None or found.last is None else f", {instant(found.first)} to {instant(found.last)}")
    ]
    if found.kept is not None:
        lines.append(f"The log is a sample: it keeps about {_percent(found.kept)} of the answers.")
    lines.append(f"In brackets: where the share lies in traffic like this, at {percent} confidence.")
    if not found.against and changes.known < changes.decisions:
        lines.append(
            f"What categories did is known of {counted(changes.known, 'decision')}: the policy of the others is not at"
            " hand. Set TIDEGATE_STATE and TIDEGATE_POLICIES as the service has them, or compare with a policy by"
            " --against POLICY."
        )
    return lines


def _moves(changes: Changes) -> Table:
    table = _table("verdict", "would be", "decisions", "texts", "share", title="verdicts")
    for move in changes.moves:
        table.add_row(move.before, move.after, *_cells(move.share), style="" if move.before != move.after else "dim")
    table.add_section()
    for name, share in (("changed", changes.changed), ("graver", changes.graver), ("milder", changes.milder)):
        table.add_row(name, "", *_cells(share))
    return table


def _categories(changes: Changes) -> Table:
    table = _table("category", "acted on", "would act on", "graver", "milder", title="categories")
    for each in changes.categories:
        if each.acts.decisions or (each.acted and each.acted.decisions):
            table.add_row(
                each.slug, *(_with_bounds(share) for share in (each.acted, each.acts, each.graver, each.milder))
            )
    return table


def _groups(name: str, groups: tuple[Group, ...]) -> Table:
    table = _table(name, "decisions", "texts", "changed", "graver", "milder", title=f"by {name}")
    for each in groups[:_MOST_GROUPS]:
        of = each.changes
        shares = (_with_bounds(share) for share in (of.changed, of.graver, of.milder))
        table.add_row(each.name or "(none)", str(of.decisions), str(of.texts), *shares)
    if len(groups) > _MOST_GROUPS:
        table.caption = f"and {len(groups) - _MOST_GROUPS} more, which --json writes"
    return table


def _left_out(left_out: LeftOut) -> list[str]:
    counts = ((words, getattr(left_out, name)) for name, words in _WHY.items())
    return [f"Left out: {count} {words}" for words, count in counts if count]


def _losses(losses: tuple[str, ...]) -> list[str]:
    more = [f"and {len(losses) - _MOST_LOSSES} more"] if len(losses) > _MOST_LOSSES else []
    return [f"{_lost(loss)}: {loss}" for loss in losses[:_MOST_LOSSES]] + more


def _lost(loss: str) -> str:
    return "Perhaps lost" if loss.endswith(NOT_CLOSED) else "Lost"


def _table(*columns: str, title: str) -> Table:
    table = Table(title=title, title_justify="left")
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 or column == "would be" else "right")
    return table


def _cells(share: Share) -> tuple[str, str, str]:
    return str(share.decisions), str(share.texts), f"{_percent(share.share)} {_bounds(share)}"


def _with_bounds(share: Share | None) -> str:
    return f"{share.decisions}: {_percent(share.share)} {_bounds(share)}" if share else "?"


def _bounds(share: Share) -> str:
    return f"[{_percent(share.low)}, {_percent(share.high)}]"


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
