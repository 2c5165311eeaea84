"""A decision log as traffic might have left it: texts that repeat, scores that mostly are low, tenants of all sizes."""

import zlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from models.decide import decide_all
from taxonomy.categories import Role
from taxonomy.decision import STEPS, Decision, short
from taxonomy.files import native, shipped_policies
from taxonomy.policy import Action

TENANTS, ROWS_A_FILE = 40, 100_000
_ENCODE = msgspec.json.Encoder().encode
_START, _STEP_MS = 1_760_000_000_000, 600


def write_log(folder: Path, decisions: int, seed: int = 1) -> list[Path]:
    """Write a log of so many decisions by the shipped policy `default`; return its files."""
    random = np.random.default_rng(seed)
    paths = []
    for first in range(0, decisions, ROWS_A_FILE):
        path = folder / f"decisions-{first:010}.jsonl.gz"
        lines = _lines(first, min(ROWS_A_FILE, decisions - first), random)
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        path.write_bytes(packer.compress(b"\n".join([*lines, b""])) + packer.flush())
        paths.append(path)
    return paths


def _lines(first: int, count: int, random: np.random.Generator) -> Iterator[bytes]:
    policy, taxonomy = shipped_policies()["default"], native()
    # One text in ten is asked again and again, as in traffic; a text's scores are always the same.
    scores = (random.random((count, len(taxonomy.trained) + 2)) ** 9 * STEPS).astype(np.uint16)
    roles = random.integers(0, len(Role), count).astype(np.uint8)
    of = np.where(random.random(count) < 0.1, random.integers(0, max(1, count // 1000), count), np.arange(count))
    scores, roles = scores[of], roles[of]
    actions = decide_all(scores, roles, np.ones(count, np.bool_), policy).actions
    tenants = np.minimum(random.geometric(0.1, count), TENANTS)
    ids = random.integers(0, 2**32, (count, 3)).tolist()
    every_role, every_action = list(Role), list(Action)
    for i, (row, text, role, action, tenant) in enumerate(
        zip(scores.tolist(), of.tolist(), roles.tolist(), actions.tolist(), tenants.tolist(), strict=True)
    ):
        yield _ENCODE(
            Decision(
                id="tg-" + "".join(f"{word:08x}" for word in ids[i]) + "-0",
                time=_START + _STEP_MS * (first + i),
                role=every_role[role],
                scores=tuple(row),
                verdict=every_action[action],
                policy=policy.name,
                policy_digest=short(policy.digest),
                model="0" * 16,
                taxonomy=short(taxonomy.digest),
                text=f"{first:016x}{text:016x}",
                tokens=20,
                scored=20,
                windows=1,
                tenant=f"tenant-{tenant}",
                language="en",
            )
        )
