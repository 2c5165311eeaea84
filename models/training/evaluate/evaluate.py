"""Measure a bundle as it is served: int8, calibrated, decided by a policy.

bundle + held-out sources + dev split (+ restricted sources) -> Report -> a table and a JSON file
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from models.backend import Device
from models.bundle import Bundle
from models.encode import Item
from models.scorer import Scorer
from models.threads import available_threads
from models.training.corpus.build import stack
from models.training.corpus.labels import ORDINARY
from models.training.corpus.sources import Data
from models.training.evaluate.report import Report, figures_of, show
from models.training.evaluate.rows import RowSet, Standing, dev_sets, held_out_sets, restricted_sets, test_sets
from models.training.tune.thresholds import BUDGETS, Proposal, propose_all
from taxonomy.files import shipped_policies
from taxonomy.policy import Policy

# Items scored between two steps of the progress bar; the scorer batches inside.
_STEP = 256


class EvaluateSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What to measure on. `cap` is the most rows of a source; `seed` and `limit` are those of the training run."""

    bundle: Path
    data: Data
    restricted: Path | None = None
    output: Path | None = None
    policy: str = "default"
    cap: int = 1000
    seed: int = 1
    limit: int | None = None
    threads: int | None = None


def evaluate(settings: EvaluateSettings, console: Console | None = None) -> Report:
    """Measure, print the table, write `output` if given. Raises BundleError, and OSError for missing data."""
    console = console or Console(stderr=True)
    scorer = Scorer(Bundle.open(settings.bundle), Device.CPU, settings.threads or available_threads())
    sets = [*kept_aside(settings, console), *dev_sets(settings.data, settings.seed, settings.limit)]
    report = measure(scorer, sets, shipped_policies()[settings.policy], console)
    show(report, console)
    if settings.output:
        settings.output.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
    return report


def kept_aside(settings: EvaluateSettings, console: Console) -> list[RowSet]:
    """Return the sources held out whole, our test set and, where their folder is there, the restricted sources."""
    sets = [*held_out_sets(settings.data, settings.cap, settings.seed), *test_sets(settings.data)]
    if settings.restricted and settings.restricted.is_dir():
        sets += restricted_sets(settings.restricted, settings.data, settings.cap, settings.seed)
    elif settings.restricted:
        console.print(f"{settings.restricted} is not there: nothing restricted is measured", highlight=False)
    return sets


def measure(scorer: Scorer, sets: Iterable[RowSet], policy: Policy, console: Console) -> Report:
    """Score every set and work out its line, and a line for all held-out sources together."""
    scored = [
        (rows, scorer.calibration.probabilities(logits_of(scorer, [e.item for e in rows.examples], rows.name, console)))
        for rows in sets
    ]
    held_out = [(rows, found) for rows, found in scored if rows.standing is Standing.HELD_OUT]
    if len(held_out) > 1:
        together = RowSet("all held out", Standing.HELD_OUT, [e for rows, _ in held_out for e in rows.examples])
        scored.insert(len(held_out), (together, np.concatenate([found for _, found in held_out])))
    manifest = scorer.bundle.manifest
    return Report(
        bundle=manifest.name,
        digest=scorer.bundle.digest,
        policy=policy.name,
        figures=[figures_of(rows, found, policy) for rows, found in scored],
    )


def logits_of(scorer: Scorer, items: Sequence[Item], title: str, console: Console) -> NDArray[np.float32]:
    """Return pooled logits of normalised items, shape (len(items), outputs), behind a progress bar."""
    parts = [
        scorer.logits(scorer.encoder.encode(items[begin : begin + _STEP]))
        for begin in track(range(0, len(items), _STEP), f"scoring {title}", console=console, transient=True)
    ]
    return np.concatenate(parts) if parts else np.empty((0, scorer.backend.width), dtype=np.float32)


def propose_thresholds(settings: EvaluateSettings, console: Console | None = None) -> list[Proposal]:
    """Return thresholds for each shipped policy at its budget, chosen on the dev split, and print them as YAML.

    Raises BundleError, and OSError for missing data.
    """
    console = console or Console()
    scorer = Scorer(Bundle.open(settings.bundle), Device.CPU, settings.threads or available_threads())
    dev = dev_sets(settings.data, settings.seed, settings.limit)[0].examples
    found = scorer.calibration.probabilities(logits_of(scorer, [e.item for e in dev], "dev", Console(stderr=True)))
    values, weights = stack(dev)
    roles = [example.item.role for example in dev]
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
