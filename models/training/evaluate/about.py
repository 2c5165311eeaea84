"""On what, with what and by which command was measured."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

from models.bundle import Bundle
from models.date import today
from models.training.evaluate.report import About
from taxonomy.policy import Policy

CPUINFO = Path("/proc/cpuinfo")
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


def processor(cpuinfo: Path = CPUINFO) -> str:
    """Return the processor's name, or the architecture where it has none."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()
