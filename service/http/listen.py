"""The sockets the service listens on: an address, a Unix socket, or both.

A Unix socket is bound beside its name, given its owner and mode there, and takes the name when the service is ready:
who finds it finds a service that answers. A lock beside it, which stays there, keeps two processes from one name; what
a killed process left is removed.
"""

import fcntl
import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from service.configuration.settings import Settings, SettingsError

_ASIDE, _LOCK = ".new", ".lock"


class Listener:
    """A bound socket; `place` says to people where it is. As a context, it is closed at the end."""

    def __init__(self, bound: socket.socket, place: str) -> None:
        self.socket = bound
        self.place = place

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *_: object) -> None:
        self.withdraw()
        self.socket.close()

    def publish(self) -> None:
        """Let clients find it: the service is ready."""

    def withdraw(self) -> None:
        """Let no new client find it."""


class UnixListener(Listener):
    """A Unix socket, bound beside its name until it is published there."""

    def __init__(self, path: Path, mode: int, owner: str) -> None:
        """Raises SettingsError for a path or an owner that cannot be used, in words that name the setting."""
        super().__init__(socket.socket(socket.AF_UNIX), str(path))
        self._path = path
        self._aside = path.with_name(path.name + _ASIDE)
        self._inode = 0
        self._ends = ExitStack()
        self._ends.callback(self.socket.close)
        try:
            with self._named_by("TIDEGATE_UDS"):
                self._lock()
                self._make_room()
                self.socket.bind(str(self._aside))
                self._inode = self._aside.stat().st_ino
                self._aside.chmod(mode)
            with self._named_by("TIDEGATE_UDS_OWNER"):
                _give(self._aside, owner)
        except BaseException:
            self.withdraw()
            self._ends.close()
            raise

    def __exit__(self, *_: object) -> None:
        self.withdraw()
        self._ends.close()

    def publish(self) -> None:
        """Take the name. Raises SettingsError when the folder has gone."""
        with self._named_by("TIDEGATE_UDS"):
            self._aside.rename(self._path)

    def withdraw(self) -> None:
        """Remove the socket, unless something else has its name."""
        for path in (self._aside, self._path):
            with suppress(OSError):
                if path.stat().st_ino == self._inode:
                    path.unlink()

    def _lock(self) -> None:
        """Be the only one of us at this name until the end."""
        file = self._ends.enter_context(self._path.with_name(self._path.name + _LOCK).open("w"))
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(0, "another process listens there") from None

    def _make_room(self) -> None:
        """Remove what a killed process left. Raises OSError for what is no socket, and for one that answers."""
        for path in (self._aside, self._path):
            if not path.exists():
                continue
            if not path.is_socket():
                raise OSError(0, f"{path.name} is there, and is no socket")
            with socket.socket(socket.AF_UNIX) as probe:
                probe.setblocking(False)
                try:
                    probe.connect(str(path))
                except ConnectionRefusedError:
                    path.unlink()
                    continue
                except BlockingIOError:  # its queue is full
                    pass
            raise OSError(0, "another process listens there")

    @contextmanager
    def _named_by(self, setting: str) -> Iterator[None]:
        try:
            yield
        except LookupError:
            why = "there is no such owner"
        except OSError as error:
            why = error.strerror or str(error)
        else:
            return
        raise SettingsError(f"cannot listen on {self._path} ({setting}): {why}")


@contextmanager
def listeners(settings: Settings) -> Iterator[list[Listener]]:
    """Bind what the settings name. Raises SettingsError."""
    with ExitStack() as opened:
        found: list[Listener] = []
        if settings.tcp:
            found.append(opened.enter_context(bound(settings.host, settings.port)))
        if settings.uds:
            unix = UnixListener(Path(settings.uds), int(settings.uds_mode, 8), settings.uds_owner)
            found.append(opened.enter_context(unix))
        yield found


def bound(host: str, port: int) -> Listener:
    """Return a listener at an address; `::` takes IPv4 too. Raises SettingsError."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except (OSError, TypeError) as error:  # TypeError: of a name that cannot be one
        listener.close()
        place = f"{host}:{port} (TIDEGATE_HOST, TIDEGATE_PORT)"
        why = error.strerror if isinstance(error, OSError) else "no host has such a name"
        raise SettingsError(f"cannot listen on {place}: {why}") from None
    return Listener(listener, "{} port {}".format(*listener.getsockname()[:2]))


def _give(path: Path, owner: str) -> None:
    """Give a file to "user", "user:group" or ":group". Raises LookupError or OSError."""
    user, _, group = owner.partition(":")
    if user:
        shutil.chown(path, user=_number(user))
    if group:
        shutil.chown(path, group=_number(group))


def _number(name: str) -> str | int:
    return int(name) if name.isdecimal() else name
