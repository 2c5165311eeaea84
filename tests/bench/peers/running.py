"""A peer in a process of its own, while it is measured; runs in tidegate's environment."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.bench.peers import ROOT, Peer
from tests.running import free_port

_WAIT_SECONDS = 120.0


@contextmanager
def running(peer: Peer, log: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Start the peer, give its port and process once it serves, stop it at the end; `log` gets what it prints.

    Raises RuntimeError, with the log, when it does not come to serve.
    """
    port = free_port()
    environment = {**os.environ, **peer.environment}
    with log.open("wb") as out:
        process = subprocess.Popen(peer.command(port), cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT)
    try:
        if not _serves(process, f"http://127.0.0.1:{port}{peer.ready}"):
            raise RuntimeError(f"{peer.name} does not serve:\n{log.read_text(errors='replace')}")
        yield port, process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _serves(process: subprocess.Popen[bytes], url: str) -> bool:
    end = time.monotonic() + _WAIT_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            if httpx.get(url).status_code == 200:
                return True
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    return False
