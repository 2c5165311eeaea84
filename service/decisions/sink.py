"""Where lines go: the interface of files and streams."""

from collections.abc import Sequence
from typing import Protocol


class PartlyWritten(Exception):
    """The sink failed with some of the lines in it, maybe: written again, they could be there twice."""


class Sink(Protocol):
    """Takes the lines of the log. Called from one thread, which it may block."""

    def write(self, lines: Sequence[bytes]) -> None:
        """Keep the lines so that a crash of this process loses none of them.

        Raises PartlyWritten; any other exception says that none was kept, and that they may be given again.
        """

    def tend(self) -> None:
        """Called every second, lines or none: close what is old, delete what is too much. Raises OSError."""

    def close(self) -> None:
        """Finish. Raises what `write` does."""
