"""Tables in a terminal: where it is too narrow for their words, they reach beyond its edge rather than cut them."""

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

# More columns of characters than any table has words for.
_ENDLESS = 10_000


def print_table(table: Table, console: Console) -> None:
    """Print a table of several columns with every word whole: of itself rich takes from all alike, names too."""
    endless = console.options.update_width(_ENDLESS)
    if Measurement.get(console, endless, table).maximum > console.width:
        least = [
            max(Measurement.get(console, endless, each).minimum for each in (column.header, *column.cells))
            for column in table.columns
        ]
        lines = 3 * len(least) + 1
        spare = max(console.width - sum(least) - lines, 0) // (len(least) - 1)
        for i, (column, width) in enumerate(zip(table.columns, least, strict=True)):
            column.width = width + (spare if i else 0)
        table.width = max(console.width, sum(least) + lines)
    console.print(table, crop=False)
