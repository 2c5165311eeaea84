"""What the size of a batch costs and brings: `python -m tests.bench.batches`.

Serves the shipped bundle with small batches and with large ones in turn, and prints the medians: texts a second at the
peak, and how long a text takes at 70 % of the smaller peak of the two, so that both have the same to do.
"""

from statistics import median

from rich.console import Console
from rich.table import Table

from tests.bench.load import Job, put
from tests.bench.mixes import Mix, mixes
from tests.bench.services import own_shape, tidegate, whole
from tests.bench.tally import Result

BUDGETS = (256, 2048)
MIXES = {"20 tokens": 128, "130 tokens": 32}  # and requests at once at the peak
LOAD = 0.7
# Else much of what large batches keep waiting would be refused, and not be in the figures.
PATIENT = {"TIDEGATE_MAX_WAIT_MS": "60000"}
ROUNDS, SECONDS = 3, 5.0


def main() -> None:
    """Measure and print a row for each mix and size."""
    table = Table("mix", "batch tokens", "texts/s", "offered", "70% p50, ms", "70% p99, ms")
    for mix in mixes():
        if mix.name in MIXES:
            peaks = _rounds(mix)
            offered = LOAD * min(median(each.rate for each in found) for found in peaks.values())
            loaded = _rounds(mix, offered)
            for budget in BUDGETS:
                rate = median(each.rate for each in peaks[budget])
                p50, p99 = (median(getattr(each, name) for each in loaded[budget]) for name in ("p50", "p99"))
                table.add_row(mix.name, str(budget), f"{rate:,.0f}", f"{offered:,.0f}", f"{p50:.1f}", f"{p99:.1f}")
    Console().print(table)


def _rounds(mix: Mix, offered: float | None = None) -> dict[int, list[Result]]:
    """Return what came of each round by size of batch: of the peak, or of so many texts offered a second."""
    found: dict[int, list[Result]] = {budget: [] for budget in BUDGETS}
    for _ in range(ROUNDS):
        for budget in BUDGETS:
            with tidegate({"TIDEGATE_BATCH_TOKENS": str(budget), **PATIENT}) as running:
                job = Job(
                    port=running.port, uds=running.uds, shape=own_shape(mix.role), texts=whole(mix), seconds=SECONDS,
                    connections=MIXES[mix.name], rate=offered,
                )  # fmt: skip
                found[budget].append(put(job))
    return found


if __name__ == "__main__":
    main()
