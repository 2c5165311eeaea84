"""How long `tidegate serve` takes to be ready, and how much memory it holds: `python -m tests.bench.startup`.

Starts the server several times with the bundle in force (TIDEGATE_BUNDLE, else the shipped one), measures from
the start of the process to the first 200 of /health/ready, then resident memory idle and after mixed traffic.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.running import RunningServer

RUNS = 5
TARGET_SECONDS, TARGET_MB = 5.0, 500.0
_SENTENCE = "The committee met on Tuesday and read the report about the harbour aloud. "


def main() -> None:
    """Measure and print."""
    ready, idle, loaded = [], [], []
    kept = {name: value for name, value in os.environ.items() if name.startswith("TIDEGATE_")}
    with tempfile.TemporaryDirectory() as folder:
        for run in track(range(RUNS), "starting", console=Console(file=sys.stderr)):
            began = time.perf_counter()
            server = RunningServer(kept, Path(folder) / f"{run}.log")
            ready.append(time.perf_counter() - began)
            idle.append(resident_mb(server.process.pid))
            traffic(server.url)
            loaded.append(resident_mb(server.process.pid))
            server.stop()
    table = Table("measured", "median", "least", "most", "target")
    for name, values, target in (
        ("seconds to ready", ready, f"< {TARGET_SECONDS:g}"),
        ("MB resident, idle", idle, f"< {TARGET_MB:g}"),
        ("MB resident, after traffic", loaded, f"< {TARGET_MB:g}"),
    ):
        table.add_row(name, f"{statistics.median(values):.2f}", f"{min(values):.2f}", f"{max(values):.2f}", target)
    Console().print(table)


def traffic(url: str) -> None:
    """Send short, middling and long texts, each distinct so that all are scored."""
    with httpx.Client(base_url=url, timeout=120) as client:
        for i in range(40):
            items = [{"text": f"{i} {n} " + _SENTENCE * n} for n in (1, 8, 60)]
            client.post("/v1/classify", json={"items": items}).raise_for_status()


def resident_mb(pid: int) -> float:
    """Return a process's resident memory in MB (10^6 bytes), from /proc."""
    fields = Path(f"/proc/{pid}/status").read_text().splitlines()
    kilobytes = next(line.split()[1] for line in fields if line.startswith("VmRSS:"))
    return int(kilobytes) * 1024 / 1e6


if __name__ == "__main__":
    main()
