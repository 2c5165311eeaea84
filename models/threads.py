"""How many threads the session may use: what the scheduler and the container will really give.

onnxruntime counts the host's cores. In a container with half a core that means dozens of threads fighting
for one time slice, and latencies many times too long.
"""

import math
import os
from pathlib import Path

CGROUP_ROOT = Path("/sys/fs/cgroup")
OWN_CGROUP = Path("/proc/self/cgroup")


def available_threads(root: Path = CGROUP_ROOT, own: Path = OWN_CGROUP) -> int:
    """Return the smaller of the processor set and the cgroup quota (v2 and v1), rounded up; at least 1."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = cgroup_quota(root, own)
    return max(1, min(cpus, math.ceil(quota)) if quota is not None else cpus)


def cgroup_quota(root: Path = CGROUP_ROOT, own: Path = OWN_CGROUP) -> float | None:
    """Return the least quota, in cores, of this process's cgroup and its parents; None if there is none."""
    found = [quota for folder in _folders(root, own) if (quota := _quota(folder)) is not None]
    return min(found, default=None)


def _folders(root: Path, own: Path) -> list[Path]:
    """Return the cgroup folders that bound this process, v1's cpu controller included."""
    try:
        lines = own.read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        lines = []
    folders = {root, root / "cpu", root / "cpu,cpuacct"}
    for line in lines:
        controllers, path = [*line.split(":", 2), "", ""][1:3]
        if controllers and "cpu" not in controllers.split(","):
            continue
        # v1 mounts the pair under either name; v2 has no controllers here and one tree.
        mounts = (root / controllers, root / "cpu") if controllers else (root,)
        parts = Path(path.lstrip("/")).parts
        folders.update(mount.joinpath(*parts[:i]) for mount in mounts for i in range(len(parts) + 1))
    return sorted(folders)


def _quota(folder: Path) -> float | None:
    try:
        if (v2 := folder / "cpu.max").exists():
            allowed, period = v2.read_text().split()
        elif (v1 := folder / "cpu.cfs_quota_us").exists():
            allowed, period = v1.read_text().strip(), (folder / "cpu.cfs_period_us").read_text().strip()
        else:
            return None
        return None if allowed in ("max", "-1") else int(allowed) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None
