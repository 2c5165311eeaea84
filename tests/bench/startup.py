"""How long `tidegate serve` takes to be ready, and how much memory it holds, idle and under mixed load."""

import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

from tests.bench.load import Job, put
from tests.bench.mixes import mixes
from tests.bench.services import own_shape
from tests.running import RunningServer

RUNS = 5
# Of every length, three in ten of them known.
ROUNDS, ROUND_SECONDS = 4, 15.0
_SHARES = {"20 tokens": 70, "130 tokens": 25, "2,000 tokens": 5}


class Started(msgspec.Struct, frozen=True):
    """Seconds from the start of the process to the first 200 of /health/ready, one a run, and MB (10^6 bytes) resident.

    `loaded` is the memory after each round of mixed load, `requests` how many requests all of them were.
    """

    ready: list[float]
    idle: float
    loaded: list[float]
    requests: int


def started(environment: Mapping[str, str]) -> Started:
    """Start the server several times, and put the last one under load."""
    ready = []
    with tempfile.TemporaryDirectory() as folder:
        for run in range(RUNS):
            began = time.perf_counter()
            with RunningServer(environment, Path(folder) / f"{run}.log") as server:
                ready.append(round(time.perf_counter() - began, 2))
                if run == RUNS - 1:
                    idle = resident_mb(server.process.pid)
                    loaded, requests = _loaded(server)
    return Started(ready, idle, loaded, requests)


def median_ready(started: Started) -> float:
    """Return the median of the seconds to ready."""
    return statistics.median(started.ready)


def _loaded(server: RunningServer) -> tuple[list[float], int]:
    texts = [[text] for mix in mixes() for text in mix.texts[: _SHARES[mix.name] * 10]]
    memory, first = [], 1
    for _ in range(ROUNDS):
        done = put(
            Job(
                port=server.port, shape=own_shape("document"), texts=texts, seconds=ROUND_SECONDS, connections=16,
                repeated=0.3, known=200, first=first,
            )
        )  # fmt: skip
        first = done.sent
        memory.append(resident_mb(server.process.pid))
    return memory, first - 1


def resident_mb(pid: int) -> float:
    """Return a process's resident memory in MB (10^6 bytes), from /proc."""
    fields = Path(f"/proc/{pid}/status").read_text().splitlines()
    kilobytes = next(line.split()[1] for line in fields if line.startswith("VmRSS:"))
    return round(int(kilobytes) * 1024 / 1e6, 1)
