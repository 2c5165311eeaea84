"""A table of words, for the terminal and for the page alike, and how its numbers are written."""

from collections.abc import Iterable

import msgspec
from rich.console import Console
from rich.table import Table

from models.training.evaluate.share import Share


class Grid(msgspec.Struct, frozen=True):
    """One table. A `long` one is folded on the page and left out on the terminal."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    long: bool = False


def draw(grids: Iterable[Grid], console: Console) -> None:
    """Print tables, but for long and empty ones."""
    for grid in grids:
        if grid.rows and not grid.long:
            table = Table(title=grid.title, title_justify="left")
            for i, column in enumerate(grid.columns):
                table.add_column(column, justify="right" if i else "left")
            for row in grid.rows:
                table.add_row(*row)
            console.print(table)


def percent(found: Share) -> str:
    """Return a share in percent, "" of no rows."""
    return f"{found.value:.1%}" if found.rows else ""


def with_ends(found: Share) -> str:
    """Return a share in percent with the ends of its interval."""
    low, high = found.interval
    return f"{found.value:.1%} ({low:.0%} to {high:.0%})" if found.rows else ""


def number(value: float | None) -> str:
    """Return a number with three decimals, "" of None."""
    return "" if value is None else f"{value:.3f}"
