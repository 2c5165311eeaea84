"""`tidegate serve --profile sidecar` in half a core and 300 MiB: `python -m tests.bench.sidecar`, as root.

Starts the server in a control group with a container's limits (tests/bench/cage.py), then sends prompts one at a time,
all its profile allows at once, and the largest requests it takes and refuses. Exits 1 where no group can be made.
"""

import argparse
import itertools
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from service.configuration.profile import read_profile
from tests.bench.cage import Cage, CageError
from tests.bench.mixes import mixes
from tests.running import free_port, until

MIB = 2**20
_number = itertools.count(1)


def main() -> None:
    """Measure and print."""
    options = _options()
    try:
        cage = Cage(options.cores, options.memory * MIB)
    except CageError as error:
        sys.exit(f"no control group can be made here, so nothing was measured: {error}")
    with cage, tempfile.TemporaryDirectory() as folder:
        _measure(cage, options, Path(folder) / "log")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cores", type=float, default=0.5)
    parser.add_argument("--memory", type=int, default=300, help="MiB")
    parser.add_argument("--profile", default="sidecar")
    parser.add_argument("--pause", type=float, default=0.2, help="seconds between two prompts that come one at a time")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long all come at once")
    return parser.parse_args()


def _measure(cage: Cage, options: argparse.Namespace, log: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "service.cli", "serve", "--profile", options.profile]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TIDEGATE_")}
    table = Table("measured", "figure", title=f"{options.profile}: {options.cores:g} cores, {options.memory} MiB")
    began = time.perf_counter()
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            env=kept | {"TIDEGATE_PORT": str(port), "XDG_STATE_HOME": str(log.parent)},
            stdout=out,
            stderr=subprocess.STDOUT,
            preexec_fn=cage.enter,
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120) as client:
            until(lambda: process.poll() is not None or _ready(client), 120)
            assert process.poll() is None, "the server ended before it was ready"
            table.add_row("seconds to ready", f"{time.perf_counter() - began:.1f}")
            _load(cage, client, process, table, options)
    except (httpx.TransportError, AssertionError) as error:
        table.add_row("ended early", f"{type(error).__name__}: {error}")
    finally:
        status = _stopped(process)
    table.add_row("MB at most in the group, cached files included", f"{cage.peak_mb():.0f}")
    table.add_row("times the limit was reached, processes killed", f"{cage.at_limit()}, {cage.killed()}")
    Console().print(table)
    if status or cage.killed():
        sys.exit(f"the server ended with {status}:\n{log.read_text()[-2000:]}")


def _stopped(process: "subprocess.Popen[bytes]") -> int:
    process.terminate()
    try:
        return process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/health/ready").status_code == 200
    except httpx.TransportError:
        return False


def _load(
    cage: Cage, client: httpx.Client, process: "subprocess.Popen[bytes]", table: Table, options: argparse.Namespace
) -> None:
    def memory(when: str) -> None:
        found = _memory(process.pid)
        words = f"{found['VmRSS']:.0f} ({found['RssAnon']:.0f} without files), {found['VmHWM']:.0f}"
        table.add_row(f"MB resident, and at most, {when}", words)

    turns, prompts, documents = (mix.texts for mix in mixes())
    settings = read_profile(options.profile).settings
    memory("idle")
    for title, texts, count in (("20 tokens", turns, 200), ("130 tokens", prompts, 200)):
        table.add_row(f"{title}, one at a time: ms p50, p95, p99", _one_at_a_time(client, texts, count, options.pause))
    memory("after these")
    table.add_row(*_at_once(client, turns, prompts, options.seconds, cage))
    memory("after these")
    answers: Counter[int] = Counter()
    for bodies in _largest(documents, turns, settings):
        answers += _together(client, bodies)
    table.add_row("the largest requests, answers by status", ", ".join(f"{k}: {n}" for k, n in sorted(answers.items())))
    memory("after these")
    for _ in range(settings["cache_entries"] // settings["max_items"] + 1):
        assert _post(client, random.sample(turns, settings["max_items"])) == 200
    memory("with the cache full")
    table.add_row("seconds that a health probe in the group takes", _probe(cage, client.base_url.port))


def _one_at_a_time(client: httpx.Client, texts: Sequence[str], count: int, pause: float) -> str:
    took = []
    for text in itertools.islice(itertools.cycle(texts), count):
        began = time.perf_counter()
        assert _post(client, [text]) == 200
        took.append(1000 * (time.perf_counter() - began))
        time.sleep(pause)
    cuts = statistics.quantiles(took, n=100)
    return f"{cuts[49]:.1f}, {cuts[94]:.1f}, {cuts[98]:.1f}"


def _at_once(
    client: httpx.Client, turns: Sequence[str], prompts: Sequence[str], seconds: float, cage: Cage, clients: int = 4
) -> tuple[str, str]:
    """Return a row of the table: clients that ask again as soon as they are answered; half turns, half prompts."""
    end = time.perf_counter() + seconds
    throttled = cage.throttled_seconds()

    def ask(_: int) -> list[float]:
        took = []
        while (began := time.perf_counter()) < end:
            assert _post(client, [random.choice(random.choice((turns, prompts)))]) == 200
            took.append(1000 * (time.perf_counter() - began))
        return took

    began = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        took = [each for found in pool.map(ask, range(clients)) for each in found]
    rate = len(took) / (time.perf_counter() - began)
    cuts = statistics.quantiles(took, n=100)
    waited = cage.throttled_seconds() - throttled
    return (
        f"{clients} clients, both lengths: texts a second; ms p50, p95, p99; throttled",
        f"{rate:.0f}; {cuts[49]:.0f}, {cuts[94]:.0f}, {cuts[98]:.0f}; {waited:.0f} s",
    )


def _largest(documents: Sequence[str], turns: Sequence[str], settings: dict[str, int]) -> list[list[list[str]]]:
    """Return groups of requests, sent together: as much as the profile takes, and more than it takes."""
    fits = [list(documents[i : i + settings["max_tokens"] // 2200]) for i in range(6)]
    many = [random.sample(turns, settings["max_items"]) for _ in range(6)]
    text = "\n\n".join(documents)
    body = [text[: settings["max_chars"]]] * (settings["max_body_bytes"] // (settings["max_chars"] + 1000))
    beyond = [[each.swapcase() if i % 2 else each for each in body] for i in range(4)]
    return [fits, many, beyond, [*fits, *many]]


def _probe(cage: Cage, port: int | None) -> str:
    """Run what docs/guides/sidecar.md gives the kubelet to run in the container."""
    program = f"import urllib.request as u; u.urlopen('http://127.0.0.1:{port}/health/ready')"
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], preexec_fn=cage.enter, check=True)
    return f"{time.perf_counter() - began:.1f}"


def _together(client: httpx.Client, bodies: list[list[str]]) -> Counter[int]:
    with ThreadPoolExecutor(len(bodies)) as pool:
        return Counter(pool.map(lambda texts: _post(client, texts), bodies))


def _post(client: httpx.Client, texts: Sequence[str]) -> int:
    """Return the status; a number before each text keeps the cache from knowing it."""
    items = [{"text": f"{next(_number)} {text}", "role": "prompt"} for text in texts]
    return client.post("/v1/classify", json={"items": items}).status_code


def _memory(pid: int) -> dict[str, float]:
    """Return the figures of a process in MB (10^6 bytes): resident, of it not from files, and at most."""
    lines = [line.split() for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return {line[0].rstrip(":"): int(line[1]) * 1024 / 1e6 for line in lines if line[0][:3] in ("VmR", "VmH", "Rss")}


if __name__ == "__main__":
    main()
