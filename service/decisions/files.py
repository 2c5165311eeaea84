"""Lines in files: JSON Lines in gzip, a file an hour or so for each process.

Every write ends with a sync flush, so that a file can be read to its last write while it grows, and after a crash. What
the kernel has not put on the disk when the machine itself stops is lost.
"""

import contextlib
import fcntl
import os
import secrets
import socket
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from service.decisions.retention import NAME, SUFFIX, Retention

# Then the file is closed, whatever its size: what is closed can be moved away, and is deleted by its age.
FILE_SECONDS = 3600.0
_LOOK_SECONDS = 60.0
_LEVEL = 1  # a quarter of the time of the default level, for a tenth more bytes
_GZIP = 31


class Files:
    """A sink of files of its own in a folder, which several processes may share. For one thread."""

    def __init__(
        self, folder: Path, file_bytes: int, retention: Retention, clock: Callable[[], float] = time.time
    ) -> None:
        """Files are closed at `file_bytes`, compressed. `clock` is in seconds since 1970."""
        self._folder = folder
        self._most = file_bytes
        self._retention = retention
        self._clock = clock
        self._file: int | None = None
        self._path = folder
        self._size = 0
        self._opened = 0.0
        self._look_at = 0.0

    def write(self, lines: Sequence[bytes]) -> None:
        """Append the lines. Raises OSError, and then none of them is in any file."""
        if self._file is not None and os.fstat(self._file).st_nlink == 0:
            self._let_go()  # deleted by somebody else: what is written into it would be lost
        if self._size >= self._most:
            self.close()
        file = self._open() if self._file is None else self._file
        data = self._packer.compress(b"\n".join([*lines, b""])) + self._packer.flush(zlib.Z_SYNC_FLUSH)
        try:
            _write_all(file, data)
        except OSError:
            self._undo(file)
            raise
        self._size += len(data)

    def tend(self) -> None:
        """Close a file that is large or old, and delete what is too much. Raises OSError."""
        now = self._clock()
        if self._file is not None and (self._size >= self._most or not 0 <= now - self._opened < FILE_SECONDS):
            self.close()
        if not 0 <= self._look_at - now <= _LOOK_SECONDS:
            self._look_at = now + _LOOK_SECONDS
            self._retention.apply(now)

    def close(self) -> None:
        """End the file, so that it is whole, and have the disk keep it. Raises OSError."""
        if self._file is None:
            return
        file = self._file
        try:
            _write_all(file, self._packer.flush())
            os.fsync(file)
        except OSError:
            self._undo(file)
            raise
        self._let_go()
        self._look_at = 0.0

    def _open(self) -> int:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._opened = self._clock()
        # A host's name may repeat in containers, a process' number in hosts, both after a restart in the same second.
        unique = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        began = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(self._opened))
        self._path = self._folder / f"{NAME}-{began}-{unique}{SUFFIX}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._file = os.open(self._path, flags, 0o600)
        self._packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        with contextlib.suppress(OSError):  # of a file system that knows no locks
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # says to others that it is being written
        return self._file

    def _undo(self, file: int) -> None:
        """Take back what a failed write left, which needs no room on the disk; the next write begins a file."""
        try:
            if self._size:
                os.ftruncate(file, self._size)
            else:
                self._path.unlink(missing_ok=True)
        finally:
            self._let_go()

    def _let_go(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            self._size = 0
            os.close(file)


def _write_all(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
