"""On what, with what and by which command was measured."""

import os
import platform
from importlib.metadata import version

from models.bundle import Bundle
from models.date import today
from models.machine import processor
from models.training.evaluate.report import About
from taxonomy.policy import Policy

_SOFTWARE = ("onnxruntime", "numpy", "scikit-learn", "tokenizers")


def about(bundle: Bundle, policy: Policy, command: str, seed: int, cap: int, threads: int) -> About:
    """Describe one evaluation on this machine."""
    packages = ", ".join(f"{name} {version(name)}" for name in _SOFTWARE)
    return About(
        bundle=bundle.manifest.name,
        digest=bundle.digest,
        policy=policy.name,
        policy_digest=policy.digest,
        date=today(),
        command=command,
        seed=seed,
        cap=cap,
        processor=processor(),
        processors=os.cpu_count() or 1,
        threads=threads,
        software=f"Python {platform.python_version()}, {packages}",
    )
