"""A control group for one process: so much of a processor and so much memory, as a container's limits are.

Version 1 has a tree for each controller, version 2 one tree. Both want a process that may write there, as a rule root.
"""

import os
from pathlib import Path
from types import TracebackType

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
_PERIOD_US = 100_000  # the kernel's default, and Kubernetes'


class CageError(Exception):
    """The kernel lets us make no group here; the message says what it refused."""


class Cage:
    """A group of its own, removed at the end; processes enter it by `enter`, as a child does before it runs.

    It weighs ten times what others do: on a busy machine it is its limit that is measured, not what is left over.
    """

    def __init__(self, cores: float, memory_bytes: int, root: Path = ROOT, own: Path = OWN) -> None:
        # Version 2 of control groups.
        self.second = (root / "cgroup.controllers").exists()
        name = f"tidegate-{os.getpid()}"
        quota = str(round(cores * _PERIOD_US))
        if self.second:
            self.folders = [root / name]
            limits = [("cpu.max", f"{quota} {_PERIOD_US}"), ("memory.max", str(memory_bytes)), ("cpu.weight", "1000")]
        else:
            self.folders = [_own(root, own, "memory") / name, _own(root, own, "cpu") / name]
            limits = [
                ("memory.limit_in_bytes", str(memory_bytes)),
                ("cpu.cfs_quota_us", quota),
                ("cpu.shares", "10240"),
            ]
        try:
            if self.second:
                (root / "cgroup.subtree_control").write_text("+cpu +memory")
            for folder in self.folders:
                folder.mkdir()
            for file, value in limits:
                (self._folder_of(file) / file).write_text(value)
        except OSError as error:
            self.close()
            raise CageError(f"{error.filename}: {error.strerror}") from None

    def __enter__(self) -> "Cage":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def enter(self) -> None:
        """Move the calling process in; for `preexec_fn`."""
        for folder in self.folders:
            (folder / "cgroup.procs").write_text(str(os.getpid()))

    def close(self) -> None:
        """Remove the group; its processes must have ended."""
        for folder in self.folders:
            if folder.exists():
                folder.rmdir()

    def peak_mb(self) -> float:
        """Return the most memory that was charged to the group, in MB (10^6 bytes), cached files included."""
        file = "memory.peak" if self.second else "memory.max_usage_in_bytes"
        return int((self.folders[0] / file).read_text()) / 1e6

    def killed(self) -> int:
        """Return how many processes the kernel killed for want of memory."""
        return self._count("memory.events" if self.second else "memory.oom_control", "oom_kill")

    def at_limit(self) -> int:
        """Return how often memory had to be taken back because the limit was reached."""
        if self.second:
            return self._count("memory.events", "max")
        return int((self.folders[0] / "memory.failcnt").read_text())

    def throttled_seconds(self) -> float:
        """Return how long the group's threads waited for their next share of the processor."""
        if self.second:
            return self._count("cpu.stat", "throttled_usec") / 1e6
        return self._count("cpu.stat", "throttled_time") / 1e9

    def _count(self, file: str, name: str) -> int:
        lines = (self._folder_of(file) / file).read_text().splitlines()
        return next((int(line.split()[1]) for line in lines if line.split()[0] == name), 0)

    def _folder_of(self, file: str) -> Path:
        return self.folders[-1] if file.startswith("cpu") else self.folders[0]


def _own(root: Path, own: Path, controller: str) -> Path:
    """Return the folder of version 1 in which this process is: a group made there stays within its limits."""
    for line in own.read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(",") and (root / controller / path.lstrip("/")).is_dir():
            return root / controller / path.lstrip("/")
    return root / controller
