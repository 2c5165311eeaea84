"""How much is kept of a folder's files: by age, and by size, the oldest going first."""

from pathlib import Path

from models.lines import is_being_written

NAME = "decisions"
SUFFIX = ".jsonl.gz"
PATTERN = f"{NAME}-*{SUFFIX}"
_DAY_SECONDS = 86_400


class Retention:
    """Deletes files of the decision log, and no others. For one thread."""

    def __init__(self, folder: Path, total_bytes: int, days: int, file_bytes: int) -> None:
        """Keep `total_bytes` at most, of which `file_bytes` are for the file that is being written, for `days`."""
        self._folder = folder
        self._most = total_bytes - file_bytes
        self._seconds = days * _DAY_SECONDS

    def apply(self, now: float) -> None:
        """Delete what is too old or too much, but no file that a process is writing. `now` is in seconds since 1970.

        Raises OSError for a file that cannot be looked at or deleted, when it has done what it can.
        """
        kept, failed = 0, None
        for path in sorted(self._folder.glob(PATTERN), reverse=True):  # the name begins with the time: newest first
            try:
                found = path.stat()
                with path.open("rb") as file:
                    if is_being_written(file):
                        continue
                kept += found.st_size
                # Nothing is taken off again: what is older than a file that does not fit goes too.
                if now - found.st_mtime > self._seconds or kept > self._most:
                    path.unlink()
            except FileNotFoundError:  # another process has had the same thought
                continue
            except OSError as error:
                failed = error
        if failed:
            raise failed
