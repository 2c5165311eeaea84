"""What tidegate is measured against: services that people would write or take, with its weights and its texts.

    torch      transformers' pipeline in fp32 under FastAPI                     .venv-peers
    optimum    the same pipeline on the int8 graph                              .venv-peers
    infinity   infinity-emb, a batching server, on the int8 graph               .venv-infinity
    empty      a Litestar handler that computes nothing: what HTTP alone costs  tidegate's own environment

`weights.py` makes the folders that the first three load, `running.py` starts a peer, and `agree.py` compares the
scores of each with tidegate's. This module is imported in all these environments, hence the standard library only.
"""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[3]
# Relative to ROOT, where commands are run.
WEIGHTS = Path("work/peers")
TORCH, INT8 = WEIGHTS / "torch", WEIGHTS / "int8"
# A gap between two phases of a measurement should cost no client its connection.
KEEP_ALIVE_SECONDS = 75

SERVED_NAME = "tidegate"
# The variable that tells a peer where to compute: cpu, as without it, or cuda.
DEVICE = "BENCH_DEVICE"
_PEERS, _INFINITY = ".venv-peers/bin/python", ".venv-infinity/bin/python"
# No model hub is asked; infinity reports its use unless told not to, and keeps a graph of its own in the cache.
_ALONE = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(ROOT / WEIGHTS / "cache"), "DO_NOT_TRACK": "1"}


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A service to measure. `command` takes a port and gives the arguments of a process to start in ROOT.

    `environment` goes on top of the benchmark's own. It serves when a GET of `ready` answers 200. A request is a POST
    to `path` of `head`, the texts JSON-escaped with `joint` between, `tail`. Texts have at most 500 tokens.
    """

    name: str
    command: Callable[[int], list[str]]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: str = "/health"
    path: str = "/classify"
    head: str = '{"inputs":["'
    joint: str = '","'
    tail: str = '"]}'

    def body(self, texts: Sequence[str]) -> bytes:
        """Return a request for the scores of these texts."""
        return (self.head + self.joint.join(json.dumps(text)[1:-1] for text in texts) + self.tail).encode()


def empty(answer_bytes: int) -> Peer:
    """Return the peer that computes nothing and answers so many bytes of JSON."""
    return Peer(name="empty", command=_module(sys.executable, "empty", str(answer_bytes)))


def _module(python: str, name: str, *arguments: str) -> Callable[[int], list[str]]:
    return lambda port: [python, "-m", f"{__name__}.{name}", *arguments, str(port)]


PEERS = (
    Peer(name="torch", command=_module(_PEERS, "torch_pipeline"), environment=_ALONE),
    Peer(name="optimum", command=_module(_PEERS, "optimum_ort"), environment=_ALONE),
    Peer(
        name="infinity",
        command=_module(_INFINITY, "infinity"),
        environment=_ALONE,
        head=f'{{"model":"{SERVED_NAME}","raw_scores":true,"input":["',
    ),
)
