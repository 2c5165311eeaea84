"""What the decision log costs requests that the cache answers: `python -m tests.bench.decisions`.

Servers alike but for what they keep are asked the same few texts, one server after the other, a second and a half each,
many rounds, so that a machine that is faster now than before is so for all of them.
"""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from tests.bench.load import Job, put
from tests.bench.services import own_shape
from tests.running import RunningRedis, RunningServer

TEXTS = 50
ROUNDS = 12
SECONDS = 1.5


def main() -> None:
    """Measure and print requests a second, and their ratio to those of the server that keeps nothing."""
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
        rates: dict[str, list[float]] = {name: [] for name in servers}
        for number in range(ROUNDS):
            for name in list(servers) if number % 2 else reversed(servers):
                rates[name].append(_rate(servers[name].port))
        lost = {name: server.metric('tidegate_decisions_total{result="lost"}') for name, server in servers.items()}
    table = Table("kept", "requests a second", "ratio, median of rounds", "lost")
    for name, each in rates.items():
        ratios = [rate / plain for rate, plain in zip(each, rates["nothing"], strict=True)]
        table.add_row(name, f"{median(each):,.0f}", f"{median(ratios):.3f}", f"{lost[name]:,.0f}")
    Console().print(table)


def _rate(port: int) -> float:
    texts = [["how do i get from here to the river before it rains"]]
    job = Job(
        port=port,
        shape=own_shape("prompt"),
        texts=texts,
        seconds=SECONDS,
        connections=16,
        warm_seconds=0.3,
        repeated=1.0,
        known=TEXTS,
    )
    return put(job).rate


if __name__ == "__main__":
    main()
