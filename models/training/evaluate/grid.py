"""A table of words, for the terminal and for the page alike, and how its numbers are written."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table

from models.training.evaluate.share import Share

# A cell that has more characters may be broken between its words.
_WRAPPED = 14
# Blanks between two columns.
_BETWEEN = 3


class Grid(msgspec.Struct, frozen=True):
    """One table. A `long` one is folded on the page and left out on the terminal.

    Where it is too wide, its first `keys` columns stand in each of its parts.
    """

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    long: bool = False
    keys: int = 1


def draw(grids: Iterable[Grid], console: Console) -> None:
    """Print tables, but for long and empty ones: no wider than the console, and no word cut."""
    for grid in grids:
        if grid.rows and not grid.long:
            parts = list(_parts(grid, console.width))
            for number, columns in enumerate(parts, 1):
                title = f"{grid.title} ({number} of {len(parts)})" if parts[1:] else grid.title
                console.print(title, style="italic", markup=False, highlight=False)
                _draw(grid, columns, console)
                console.print()


def _draw(grid: Grid, columns: Sequence[int], console: Console) -> None:
    widths = _widths(grid, columns, console.width)
    broken = any(cell_len(row[i]) > width for row in grid.rows for i, width in zip(columns, widths, strict=True))
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, show_lines=broken)
    for i, width in zip(columns, widths, strict=True):
        words = i < grid.keys or any(row[i][:1].isalpha() for row in grid.rows)
        table.add_column(grid.columns[i], justify="left" if words else "right", width=width)
    for row in grid.rows:
        table.add_row(*(row[i] for i in columns))
    # Where not even the keys and one column fit, they reach beyond the edge.
    table.width = _total(widths)
    console.print(table, crop=False, markup=False)


def _parts(grid: Grid, width: int) -> Iterator[list[int]]:
    """Yield the columns of each part: as many as fit, by their longest words."""
    keys = list(range(grid.keys))
    part = list(keys)
    for i in range(grid.keys, len(grid.columns)):
        if part != keys and _total([_least(grid, each) for each in (*part, i)]) > width:
            yield part
            part = list(keys)
        part.append(i)
    yield part


def _widths(grid: Grid, columns: Sequence[int], width: int) -> list[int]:
    """Return the width of each column: its longest word, and what room there is, the narrowest column first."""
    widths = [_least(grid, i) for i in columns]
    wanted = [max(cell_len(cell) for cell in _cells(grid, i)) for i in columns]
    for _ in range(width - _total(widths)):
        short = [i for i in range(len(widths)) if widths[i] < wanted[i]]
        if not short:
            break
        widths[min(short, key=lambda i: widths[i])] += 1
    return widths


def _least(grid: Grid, column: int) -> int:
    cells = _cells(grid, column)
    word = max(cell_len(word) for cell in cells for word in (*cell.split(" "), ""))
    return max(word, *(min(cell_len(cell), _WRAPPED) for cell in cells[1:]))


def _cells(grid: Grid, column: int) -> list[str]:
    return [grid.columns[column], *(row[column] for row in grid.rows)]


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + _BETWEEN * (len(widths) - 1)


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
