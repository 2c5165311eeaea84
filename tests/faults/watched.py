"""`tidegate serve` with somebody watching: its files, its memory, what lives in it, and a wall clock to move."""

import mmap
import os
import re
import signal
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from itertools import count
from pathlib import Path
from time import time
from typing import Any

import httpx
import pytest

from tests.running import RunningServer, until

# In every text of these tests: it must not be found in a log.
SECRET = "zebrafinch"
INSIDE = Path(__file__).parent / "inside"
# An answer that takes longer will not come. Nothing here is about speed, and machines are busy.
HANGS_SECONDS = 240.0
_new = count()
needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="reads /proc")


class WatchedServer(RunningServer):
    """A running server whose process can be looked into; see inside/sitecustomize.py for the other end."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        shared = log.with_suffix(".shared")
        shared.write_bytes(bytes(24))
        with shared.open("r+b") as file:
            self._shared = memoryview(mmap.mmap(file.fileno(), 24))
        paths = [str(INSIDE), *filter(None, [os.environ.get("PYTHONPATH")])]
        inside = {"FAULTS_SHARED": str(shared), "PYTHONPATH": os.pathsep.join(paths)}
        # One client for all: to make one costs more than to ask.
        self.http = httpx.Client(timeout=HANGS_SECONDS)
        super().__init__({**environment, **inside}, log)
        self.http.base_url = self.url

    def stop(self) -> int:
        """End the process, kindly first; return its exit status."""
        self.http.close()
        return super().stop()

    def metrics(self) -> dict[str, float]:
        """Return its metrics, each named as Prometheus writes it, labels included."""
        lines = [line for line in self.http.get("/metrics").text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    def metric(self, sample: str) -> float:
        """Return a sample of its metrics; 0 when it is not there yet."""
        return self.metrics().get(sample, 0.0)

    def judged(self, text: str, **item: str) -> dict[str, Any]:
        """Return the answer's item for a text that must get one."""
        answer = self.http.post("/v1/classify", json={"items": [{"text": text, **item}]})
        assert answer.status_code == 200, answer.text
        (found,) = answer.json()["items"]
        return found

    def open_files(self) -> int:
        """Return how many files and sockets the process has open."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def resident(self) -> int:
        """Return the bytes of memory that are the process's own: what is mapped from files does not count."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"^RssAnon:\s+(\d+) kB$", status, re.MULTILINE)
        assert found
        return 1024 * int(found[1])

    def blocks(self) -> int:
        """Return how many pieces of memory the interpreter holds for its objects, garbage taken away."""
        counted = self._shared[8:].cast("q")
        before = counted[0]
        self.process.send_signal(signal.SIGUSR2)
        until(lambda: counted[0] > before)
        return counted[1]

    def set_clock(self, seconds: float) -> None:
        """Put the wall clock wrong by so many seconds, and wait until an answer's Date says so."""
        self._shared[:8].cast("d")[0] = seconds
        until(lambda: abs(self.clock_is_wrong_by() - seconds) < 600)

    def clock_is_wrong_by(self) -> float:
        """Return how many seconds the server's Date is ahead of ours."""
        said = self.http.get("/health/live").headers["date"]
        return parsedate_to_datetime(said).timestamp() - time()


def shares(one: WatchedServer, other: WatchedServer) -> bool:
    """Tell whether what one has just scored is known to the other: it can be so only through what they share."""
    text = f"{SECRET} shared {next(_new)}"
    assert one.judged(text)["cached"] is False
    found: bool = other.judged(text)["cached"]
    return found
