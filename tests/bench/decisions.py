"""What bookkeeping costs a request, in the processor's time: `python -m tests.bench.decisions`.

Three tables: of texts that the cache knows, under what is kept of decisions; of such texts, kept ready to answer or
found in Redis at every request; and of texts that are all new, with a cache in memory, which then never hits, and
without one.

Servers alike but for that are asked the same texts, one server after the other, a second and a half each, many rounds,
so that a machine that is faster now than before is so for all of them. Counted is the time of all threads: what others
do on the machine changes requests a second more than any of this does.
"""

import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import median, quantiles

import msgspec
from rich.console import Console
from rich.table import Table

from tests.bench.load import Job, put
from tests.bench.mixes import mixes
from tests.bench.services import ONE_ENTRY, own_shape
from tests.running import RunningRedis, RunningServer

TEXTS = 50
ROUNDS = 10
# For Redis on a busy machine: a text that is scored because Redis was late would be counted as one that was found.
PATIENT_MS = "1000"
SECONDS = 1.5
ANSWERED = 'tidegate_requests_total{route="/v1/classify",status="200"}'
LOST = 'tidegate_decisions_total{result="lost"}'


def main() -> None:
    """Measure and print the tables."""
    with tempfile.TemporaryDirectory() as name, RunningRedis(Path(name)) as redis:
        folder = Path(name)
        kept = {
            "nothing": {"TIDEGATE_DECISIONS_RECENT": "0"},
            "the last ones in memory": {},
            "these and files": {"TIDEGATE_DECISIONS": str(folder / "log")},
            "these and a stream": {"TIDEGATE_DECISIONS": redis.url},
        }
        Console().print(_compared("known texts, kept of each decision", kept, folder, repeated=1.0))
    with tempfile.TemporaryDirectory() as name, RunningRedis(Path(name)) as redis:
        asked = {"TIDEGATE_REDIS_URL": redis.url, "TIDEGATE_REDIS_TIMEOUT_MS": PATIENT_MS, **ONE_ENTRY}
        found = {"ready to answer": {}, "in Redis": asked}
        Console().print(_compared("known texts, found", found, Path(name), repeated=1.0))
    with tempfile.TemporaryDirectory() as name:
        caches = {"none": {"TIDEGATE_CACHE": "off"}, "in memory": {"TIDEGATE_CACHE": "memory"}}
        Console().print(_compared("new texts, cache", caches, Path(name), repeated=0.0))


def _compared(title: str, given: Mapping[str, Mapping[str, str]], folder: Path, repeated: float) -> Table:
    """Return a row for each environment: microseconds a request, and their ratio to those of the first."""
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(RunningServer({"TIDEGATE_STATE": "off", **each}, folder / f"{i}.log"))
            for i, (name, each) in enumerate(given.items())
        }
        texts = [[text] for text in next(iter(mixes())).texts[:TEXTS]]
        jobs = _jobs(texts, repeated)
        spent: dict[str, list[float]] = {name: [] for name in servers}
        for number in range(ROUNDS):
            for name in list(servers) if number % 2 else reversed(servers):
                spent[name].append(_spent(servers[name], next(jobs)))
        lost = {name: server.metric(LOST) for name, server in servers.items()}
    table = Table(title, "processor, µs a request", "ratio, median of rounds", "half of them lie in", "lost")
    first = next(iter(spent.values()))
    for name, each in spent.items():
        low, middle, high = quantiles([one / plain for one, plain in zip(each, first, strict=True)])
        table.add_row(name, f"{median(each):,.0f}", f"{middle:.3f}", f"{low:.3f} to {high:.3f}", f"{lost[name]:,.0f}")
    return table


def _jobs(texts: list[list[str]], repeated: float) -> Iterator[Job]:
    """Yield loads without end; of those whose texts are new no two have one in common."""
    first = 1
    while True:
        yield Job(
            port=0,
            shape=own_shape("prompt"),
            texts=texts,
            seconds=SECONDS,
            connections=16,
            warm_seconds=0.1,
            repeated=repeated,
            known=TEXTS,
            first=first,
        )
        first += 1_000_000


def _spent(server: RunningServer, job: Job) -> float:
    """Return the microseconds of processor time that a request took."""
    answered, seconds = server.metric(ANSWERED), _seconds(server.process.pid)
    put(msgspec.structs.replace(job, port=server.port))
    time.sleep(0.3)  # the log's thread comes round
    return 1e6 * (_seconds(server.process.pid) - seconds) / (server.metric(ANSWERED) - answered)


def _seconds(pid: int) -> float:
    """Return the processor time of a process, in seconds."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
