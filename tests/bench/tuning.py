"""How long tuning and replaying take: `python -m tests.bench.tuning`, or `make bench-tuning`.

    tune     a hundred thousand labelled texts whose scores are kept, from the CSV to the policy, beside a loop of
             scikit-learn's confusion matrices over every threshold of every category, without bounds and without a
             budget for all categories together
    replay   a million decisions, from compressed files to intervals, beside a loop over rows of a pandas frame

Each is run in a process of its own, with what starting Python and importing packages takes; the median of the rounds is
printed. The loops run over three categories and over the log's first file, and are multiplied: over the whole they
would take minutes. That of pandas counts verdicts only, without intervals, tenants or categories. pandas and
scikit-learn are none of tidegate's packages: the tests' environment has them.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from models.tuning.rows import SLUGS
from tests.bench.decided import ROWS_A_FILE, write_log
from tests.bench.labelled import write_texts

CANDIDATE = """kind: policy
name: candidate
description: Stricter with violence, milder with hate.
extends: default
categories:
  violence: {threshold: 0.4}
  hate: {threshold: 0.8}
  profanity: {action: block}
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.tuning", description=__doc__.splitlines()[0])
    parser.add_argument("--decisions", type=int, default=1_000_000)
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    out = Console()
    with tempfile.TemporaryDirectory() as folder:
        out.print(_tune(Path(folder), given.texts, given.rounds))
        log, policy = Path(folder) / "log", Path(folder) / "candidate.yaml"
        log.mkdir()
        policy.write_text(CANDIDATE)
        paths = write_log(log, given.decisions)
        size = sum(path.stat().st_size for path in paths)
        table = Table("what", "decisions", "seconds", "processor's", title=f"a log of {size / 1e6:.0f} MB, compressed")
        replay = ["-m", "service.cli", "replay", "--log", str(log), "--policy", str(policy)]
        rounds = [_seconds(replay) for _ in range(given.rounds)]
        table.add_row("tidegate replay", f"{given.decisions:,}", *_median(rounds))
        part = min(ROWS_A_FILE, given.decisions)
        wall, cpu = _seconds(["-m", "tests.bench.pandas_loop", str(paths[0]), str(policy)])
        times = given.decisions / part
        table.add_row("pandas, a loop over rows", f"{part:,}", f"{wall:.1f}", f"{cpu:.1f}")
        table.add_row("... extrapolated", f"{given.decisions:,}", f"{wall * times:.0f}", f"{cpu * times:.0f}")
        out.print(table)
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    out.print(f"{cores} cores; load of the machine when it ended: {load:.1f}", highlight=False)


def _tune(folder: Path, texts: int, rounds: int) -> Table:
    data = folder / "texts.csv"
    scores = write_texts(data, texts)
    objective = ["--objective", "max_recall@fpr<=1%", "--output", str(folder / "tuned.yaml"), "--force"]
    table = Table("what", "texts", "seconds", "processor's", title="labelled texts, their scores kept")
    tune = ["-m", "service.cli", "tune", str(data), *objective]
    table.add_row("tidegate tune", f"{texts:,}", *_median([_seconds(tune) for _ in range(rounds)]))
    one, three = (_seconds(["-m", "tests.bench.sklearn_loop", str(scores), count]) for count in "13")
    table.add_row("scikit-learn, three categories", f"{texts:,}", *(f"{each:.1f}" for each in three))
    # What starting Python and importing take is there once.
    whole = [few + (len(SLUGS) - 1) * (more - few) / 2 for few, more in zip(one, three, strict=True)]
    table.add_row(f"... extrapolated to {len(SLUGS)}", f"{texts:,}", *(f"{each:.0f}" for each in whole))
    return table


def _median(rounds: list[tuple[float, float]]) -> tuple[str, str]:
    walls, cpus = zip(*rounds, strict=True)
    spread = f" ({min(walls):.1f} to {max(walls):.1f})"
    return f"{statistics.median(walls):.1f}{spread}", f"{statistics.median(cpus):.1f}"


def _seconds(arguments: list[str]) -> tuple[float, float]:
    """Return the seconds and the processor's seconds of a Python that ends well."""
    before, began = os.times(), time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    wall, after = time.perf_counter() - began, os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, spent


if __name__ == "__main__":
    main()
