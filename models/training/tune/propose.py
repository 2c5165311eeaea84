"""`tidegate propose`: thresholds for the shipped policies, from a bundle's scores on the dev split."""

from pathlib import Path

import msgspec
import numpy as np
from rich.console import Console

from models.backend import Device
from models.bundle import Bundle
from models.scorer import Scorer
from models.threads import available_threads
from models.training.corpus.build import stack
from models.training.corpus.labels import ORDINARY
from models.training.corpus.sources import Data
from models.training.evaluate.judged import logits_of
from models.training.evaluate.rows import dev_set
from models.training.terminal import terminal
from models.training.tune.thresholds import BUDGETS, Proposal, propose_all
from taxonomy.files import shipped_policies


class ProposeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Which bundle and data; `seed` and `limit` are those of the training run."""

    bundle: Path
    data: Data
    seed: int = 1
    limit: int | None = None
    threads: int | None = None


def propose_thresholds(settings: ProposeSettings, console: Console | None = None) -> list[Proposal]:
    """Return thresholds for each shipped policy at its budget, chosen on the dev split, and print them as YAML.

    Raises BundleError, and OSError for missing data.
    """
    console = console or terminal()
    scorer = Scorer(Bundle.open(settings.bundle), Device.CPU, settings.threads or available_threads())
    dev = dev_set(settings.data, settings.seed, settings.limit).examples
    logits = logits_of(scorer, [e.item for e in dev], "dev", terminal(stderr=True))
    values, weights = stack(dev)
    roles = [example.item.role for example in dev]
    found = scorer.calibration.probabilities(logits, roles)
    ordinary = np.array([example.source in ORDINARY for example in dev])
    policies = shipped_policies()
    proposals = list(propose_all(found, values, weights, roles, ordinary, [policies[name] for name in BUDGETS]))
    for each in proposals:
        console.print(
            f"# {each.policy}: {each.stopped:.2%} of harmless text ({each.ordinary:.2%} of ordinary, "
            f"{each.hard:.2%} of hard), {each.recall:.1%} of harmful rows"
        )
        for slug, threshold in each.thresholds.items():
            console.print(f"{slug}: {threshold:.2f}", highlight=False)
    return proposals
