"""Whether the peers score as tidegate does: `python -m tests.bench.peers.agree`, in tidegate's environment.

Starts each peer in turn, sends it the golden texts, one by one and then together, and prints how far its scores are
from the sigmoid of tidegate's logits: before calibration, of the text as it stands, read as a plain text. Ends with an
error when they are further than they may be. One by one, an int8 graph computes the same; together, it rounds by the
greatest value in the batch.
"""

import tempfile
from pathlib import Path

import httpx
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from models.backend import Backend, Device
from models.bundle import SHIPPED, Bundle
from models.encode import Encoder, Item
from models.normalise import normalise
from models.threads import available_threads
from taxonomy.categories import Role
from tests.bench.peers import PEERS, Peer
from tests.bench.peers.running import running

Scores = NDArray[np.float64]
TOGETHER = 8
MOST_APART = {"torch": 0.1, "optimum": 0.001, "infinity": 0.001}


def main() -> None:
    """Compare and print."""
    bundle = Bundle.open(SHIPPED)
    texts, wanted = expected(bundle)
    table = Table("peer", "texts", "one by one, most", "mean", "together, most", "mean")
    far = []
    with tempfile.TemporaryDirectory() as folder:
        for peer in PEERS:
            with running(peer, Path(folder) / f"{peer.name}.log") as (port, _):
                apart = [
                    np.abs(scores(peer, port, texts, size, bundle.manifest.outputs) - wanted) for size in (1, TOGETHER)
                ]
            figures = (f"{value:.6f}" for each in apart for value in (each.max(), each.mean()))
            table.add_row(peer.name, str(len(texts)), *figures)
            if apart[0].max() > MOST_APART[peer.name]:
                far.append(peer.name)
    Console().print(table)
    if far:
        raise SystemExit(f"not the same scores: {', '.join(far)}")


def expected(bundle: Bundle) -> tuple[list[str], Scores]:
    """Return the golden texts that fit one window, and tidegate's scores of each, shape (texts, outputs)."""
    encoder: Encoder = bundle.encoder()
    backend = Backend(bundle.model, Device.CPU, available_threads(), bundle.manifest.encoding.pad_id)
    texts, rows = [], []
    for text in (normalise(each.text) for each in bundle.golden().items):
        [encoded] = encoder.encode([Item(Role.TEXT, text)])
        if sum(1 for window in encoded.windows if not window.view) == 1:
            texts.append(text)
            rows.append(backend.run([encoded.windows[0]])[0])
    return texts, 1 / (1 + np.exp(-np.stack(rows).astype(np.float64)))


def scores(peer: Peer, port: int, texts: list[str], size: int, outputs: tuple[str, ...]) -> Scores:
    """Return a peer's scores of the texts, sent `size` at a time, in the order of `outputs`."""
    rows = []
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        for i in range(0, len(texts), size):
            body = peer.body(texts[i : i + size])
            answer = client.post(peer.path, content=body, headers={"content-type": "application/json"})
            found = answer.raise_for_status().json()
            for row in found["data"] if isinstance(found, dict) else found:
                named = {each["label"]: each["score"] for each in row}
                rows.append([named[name] for name in outputs])
    return np.array(rows)


if __name__ == "__main__":
    main()
