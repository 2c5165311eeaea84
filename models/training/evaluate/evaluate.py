"""Measure a bundle as it is served: int8, calibrated, decided by a policy.

bundle + sets of rows (rows.py) -> scores and verdicts (judged.py)
    -> targets, figures, kinds, reliability, precision         of those rows
    -> swaps, disguises, conversations, lengths (probes.py)    of texts made for it
    -> Report -> tables, a JSON file, a page
"""

import random
from pathlib import Path

import msgspec
import numpy as np
from rich.console import Console

from models.backend import Device
from models.bundle import Bundle
from models.put import put
from models.scorer import Scorer
from models.threads import available_threads
from models.training.corpus.build import stack
from models.training.corpus.sources import Data
from models.training.evaluate.about import about
from models.training.evaluate.judged import logits_of
from models.training.evaluate.kinds import harmless_parts, kind_lines, labelled_ids
from models.training.evaluate.materials import materials
from models.training.evaluate.measure import measured_of, own_texts, reliability_of, score_sets
from models.training.evaluate.page import page
from models.training.evaluate.precision import PrecisionLine, precision_lines
from models.training.evaluate.probes import Probes
from models.training.evaluate.report import Report
from models.training.evaluate.rows import (
    RowSet,
    Standing,
    dev_set,
    held_out_sets,
    language_sets,
    restricted_sets,
    test_sets,
)
from models.training.evaluate.scored import Scored
from models.training.evaluate.speed import Speed, speed_of
from models.training.evaluate.tables import show
from models.training.evaluate.targets import origins, target_lines
from models.training.folds.lines import read_folds
from models.training.policy import policy_named
from models.training.terminal import terminal

# Texts among which the first few thousand tokens for the clock are found.
_TIMED = 300


class EvaluateSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What to measure on. `cap` is the most rows of a source; `seed` and `limit` are those of the training run.

    `reference` is the fp32 ONNX that the bundle was made of; `command` is what the report says it was made by;
    `folds` is the file of a cross-validation that the report takes in.
    """

    bundle: Path
    data: Data
    restricted: Path | None = None
    html: Path | None = None
    json: Path | None = None
    reference: Path | None = None
    folds: Path | None = None
    policy: str = "default"
    cap: int = 1000
    seed: int = 1
    limit: int | None = None
    threads: int | None = None
    command: str = ""


def evaluate(settings: EvaluateSettings, console: Console | None = None) -> Report:
    """Measure, print the tables, write `html` and `json` if given: each whole, or not at all.

    Raises BundleError, ModelError for an unknown policy, folds that cannot be read or a report that cannot be written,
    and OSError for missing data.
    """
    console = console or terminal(stderr=True)
    policy, threads = policy_named(settings.policy), settings.threads or available_threads()
    folds = read_folds(settings.folds) if settings.folds else None
    scorer = Scorer(Bundle.open(settings.bundle), Device.CPU, threads)
    dev = dev_set(settings.data, settings.seed, settings.limit, settings.cap)
    scored = score_sets(scorer, [*kept_aside(settings, console), dev], policy, console)
    ours = own_texts(scored)
    probes = Probes(scorer, policy, console, settings.cap, settings.seed)
    precision, speed = _beside_reference(settings, scorer, scored, threads, console)
    labelled = labelled_ids(settings.data, origins())
    parts = list(harmless_parts(scored, labelled))
    made_of = materials(parts)
    report = Report(
        about=about(scorer.bundle, policy, settings.command, settings.seed, settings.cap, threads),
        targets=target_lines(scored, labelled, precision),
        measured=measured_of(scored, policy),
        kinds=kind_lines(parts),
        swaps=probes.swaps(),
        disguises=probes.disguises(ours),
        conversations=probes.conversations(),
        lengths=probes.lengths(made_of),
        plants=probes.plants(made_of, ours),
        precision=precision,
        speed=speed,
        reliability=reliability_of(scored),
        folds=folds,
    )
    show(report, console)
    if settings.json:
        put(settings.json, msgspec.json.format(msgspec.json.encode(report)).decode() + "\n")
    if settings.html:
        put(settings.html, page(report))
    return report


def kept_aside(settings: EvaluateSettings, console: Console) -> list[RowSet]:
    """Return the sources held out whole, our own sets and, where their folder is there, the restricted sources."""
    sets = [
        *held_out_sets(settings.data, settings.cap, settings.seed),
        *test_sets(settings.data),
        *language_sets(),
    ]
    if settings.restricted and settings.restricted.is_dir():
        sets += restricted_sets(settings.restricted, settings.data, settings.cap, settings.seed)
    elif settings.restricted:
        console.print(f"{settings.restricted} is not there: nothing restricted is measured", highlight=False)
    return sets


def _beside_reference(
    settings: EvaluateSettings, scorer: Scorer, scored: Scored, threads: int, console: Console
) -> tuple[list[PrecisionLine], list[Speed]]:
    """Compare with the fp32 model on the rows judged on every category: our own and the dev split."""
    items = [each.item for rows, _ in scored for each in rows.examples]
    timed = random.Random(settings.seed).sample(items, min(_TIMED, len(items)))  # noqa: S311  # sampling, not secrets
    with console.status("taking the time"):
        speed = [speed_of(scorer.bundle.manifest.precision, scorer, timed, threads)]
    if settings.reference is None:
        return [], speed
    reference = Scorer(scorer.bundle, Device.CPU, threads, settings.reference)
    with console.status("taking the reference's time"):
        speed.append(speed_of("reference", reference, timed, threads))
    chosen = [each for each in scored if each[0].standing in (Standing.TEST, Standing.DEV)]
    examples = [example for rows, _ in chosen for example in rows.examples]
    logits = logits_of(reference, [each.item for each in examples], "the reference", console)
    found = np.concatenate([found.probabilities for _, found in chosen])
    wanted = reference.calibration.probabilities(logits, [each.item.role for each in examples])
    return precision_lines(found, wanted, *stack(examples)), speed
