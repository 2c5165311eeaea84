"""What the decision log costs requests that the cache answers: `python -m tests.bench.decisions`.

Servers alike but for what they keep are asked the same few texts, one server after the other, a second and a half each,
many rounds, so that a machine that is faster now than before is so for all of them. Counted is the processor's time, of
all threads: what others do on the machine changes requests a second more than the log does.
"""

import os
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from tests.bench.load import Job, put
from tests.bench.services import own_shape
from tests.running import RunningRedis, RunningServer

TEXTS = 50
ROUNDS = 10
SECONDS = 1.5
ANSWERED = 'tidegate_requests_total{route="/v1/classify",status="200"}'


def main() -> None:
    """Measure and print microseconds a request, and their ratio to those of the server that keeps nothing."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis = stack.enter_context(RunningRedis(folder))
        kept = {
            "nothing": {"TIDEGATE_DECISIONS_RECENT": "0"},
            "the last ones in memory": {},
            "these and files": {"TIDEGATE_DECISIONS": str(folder / "log")},
            "these and a stream": {"TIDEGATE_DECISIONS": redis.url},
        }
        servers = {
            name: stack.enter_context(RunningServer({"TIDEGATE_STATE": "off", **given}, folder / f"{i}.log"))
            for i, (name, given) in enumerate(kept.items())
        }
        spent: dict[str, list[float]] = {name: [] for name in servers}
        for number in range(ROUNDS):
            for name in list(servers) if number % 2 else reversed(servers):
                spent[name].append(_spent(servers[name]))
        lost = {name: server.metric('tidegate_decisions_total{result="lost"}') for name, server in servers.items()}
    table = Table("kept", "processor, µs a request", "ratio, median of rounds", "lost")
    for name, each in spent.items():
        ratios = [one / plain for one, plain in zip(each, spent["nothing"], strict=True)]
        table.add_row(name, f"{median(each):,.0f}", f"{median(ratios):.3f}", f"{lost[name]:,.0f}")
    Console().print(table)


def _spent(server: RunningServer) -> float:
    """Return the microseconds of processor time that a request took."""
    answered, seconds = server.metric(ANSWERED), _seconds(server.process.pid)
    put(
        Job(
            port=server.port,
            shape=own_shape("prompt"),
            texts=[["how do i get from here to the river before it rains"]],
            seconds=SECONDS,
            connections=16,
            warm_seconds=0.1,
            repeated=1.0,
            known=TEXTS,
        )
    )
    time.sleep(0.3)  # the log's thread comes round
    return 1e6 * (_seconds(server.process.pid) - seconds) / (server.metric(ANSWERED) - answered)


def _seconds(pid: int) -> float:
    """Return the processor time of a process, in seconds."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
