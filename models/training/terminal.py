"""Where the training commands print: a terminal has its width, a pipe or a file takes lines as long as they are."""

import os
from collections.abc import Iterable, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import track

# More columns than any line needs.
_ENDLESS = 10_000

T = TypeVar("T")


def terminal(*, stderr: bool = False) -> Console:
    """Return a console. Of itself rich takes a pipe for 80 columns; COLUMNS sets them for both."""
    console = Console(stderr=stderr)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _ENDLESS
    return console


def tracked(steps: Sequence[T], title: str, console: Console) -> Iterable[T]:
    """Yield the steps behind a progress bar, in a terminal: elsewhere each bar would leave an empty line."""
    return track(steps, title, console=console, transient=True, disable=not console.is_terminal)
