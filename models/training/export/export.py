"""Make a bundle of a checkpoint: an int8 graph, calibrated, compared with fp32, measured and described.

checkpoint -> fused fp32 -> int8 -> calibration (dev split) -> parity gate -> golden set -> evaluation -> bundle

Everything is scored through models.scorer, as the service does; until the last step it lives in a temporary
folder, so a refusal leaves nothing behind.
"""

import tempfile
from pathlib import Path

import msgspec
import numpy as np
from rich.console import Console

from models import normalise
from models.bundle import FORMAT, Manifest
from models.date import today
from models.encode import Item
from models.outputs import OUTPUTS
from models.scorer import Scorer
from models.training.corpus.build import stack
from models.training.corpus.sources import Data
from models.training.evaluate.evaluate import EvaluateSettings, kept_aside
from models.training.evaluate.judged import Array, logits_of
from models.training.evaluate.measure import measure
from models.training.evaluate.report import Measured
from models.training.evaluate.rows import RowSet, dev_set
from models.training.export.card import write_card
from models.training.export.data_sheet import write_data_sheet
from models.training.export.draft import (
    DATA_SHEET,
    draft_bundle,
    json_bytes,
    open_draft,
    put_in_place,
    refuse_to_overwrite,
)
from models.training.export.golden import Misjudged, golden_set, golden_texts, misjudged
from models.training.export.graph import Weights, to_fused, to_int8, torch_logits
from models.training.export.parity import Limits, Parity, check, compare
from models.training.export.record import TrainingRecord, read_record
from models.training.finetune.base import LANGUAGES, SPEC
from models.training.policy import policy_named
from models.training.tune.calibration import fit
from taxonomy.policy import Policy

TORCH_WINDOWS = 16


class ExportSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What to make. `created` is a date (YYYY-MM-DD); without it SOURCE_DATE_EPOCH, else today, in UTC.

    `limit` is that of the training run, so that the dev split is the same; `cap` the most rows a source is
    measured on; `restricted` a folder to measure on besides; `policy` the shipped one whose verdicts are counted.
    """

    checkpoint: Path
    output: Path
    data: Data
    restricted: Path | None = None
    name: str = "tidegate-minilm-l6"
    policy: str = "default"
    created: str | None = None
    weights: Weights = Weights.SIGNED_7_BIT
    per_channel: bool = True
    limits: Limits = Limits()
    limit: int | None = None
    cap: int = 1000
    threads: int | None = None


def export(settings: ExportSettings, console: Console | None = None) -> Path:
    """Make the bundle, replacing what is at `output`, and return its folder.

    Raises ExportError for a checkpoint that cannot be used and ParityError when int8 strays from fp32; either
    way nothing is written.
    """
    console = console or Console(stderr=True)
    refuse_to_overwrite(settings.output)
    raw, record = read_record(settings.checkpoint)
    data_sheet = write_data_sheet(settings.name, settings.data, record)
    policy = policy_named(settings.policy)
    manifest = _manifest(settings, record)
    with tempfile.TemporaryDirectory() as folder:
        reference, draft = _drafts(settings, manifest, Path(folder), console)
        dev = dev_set(settings.data, record.seed, settings.limit)
        shipped, logits = _calibrated(settings, manifest, draft, dev, console)
        parity = _gate(settings, reference, shipped, logits, dev, policy, console)
        texts, wrong = _with_golden_set(draft, shipped, policy)
        measured = measure(shipped, [*_kept_aside(settings, record, draft, console), dev], policy, console)
        metrics: dict[str, object] = {
            "training": raw,
            "quantisation": {"weights": settings.weights, "per_channel": settings.per_channel},
            "calibration_rows": len(dev.examples),
            "parity": msgspec.to_builtins(parity),
            "parity_limits": msgspec.to_builtins(settings.limits),
            "golden": {"texts": texts, "as_a_reader_would": texts - len(wrong)},
            "evaluation": summary(measured),
        }
        manifest = msgspec.structs.replace(manifest, metrics=metrics)
        card = write_card(manifest, parity, settings.limits, measured, wrong, texts)
        (draft / "MODEL_CARD.md").write_text(card, "utf-8")
        (draft / DATA_SHEET).write_text(data_sheet, "utf-8")
        open_draft(draft, manifest, settings.threads).check_golden()
        put_in_place(draft, settings.output)
    return settings.output


def summary(measured: Measured) -> dict[str, object]:
    """Return what a manifest keeps of the figures."""
    kept = ("rows", "harmless", "harmful", "unsafe", "attack")
    lines: dict[str, object] = {}
    for each in measured.figures:
        whole = msgspec.to_builtins(each.whole)
        lines[each.name] = {"standing": each.standing, **{key: whole[key] for key in kept}}
    return {"policy": measured.policy, **lines}


def _manifest(settings: ExportSettings, record: TrainingRecord) -> Manifest:
    return Manifest(
        format=FORMAT,
        name=settings.name,
        created=settings.created or today(),
        base=record.base,
        precision="int8",
        normaliser=normalise.VERSION,
        outputs=OUTPUTS,
        languages=LANGUAGES,
        encoding=SPEC,
        metrics={},
        files={},
    )


def _drafts(settings: ExportSettings, manifest: Manifest, work: Path, console: Console) -> tuple[Scorer, Path]:
    """Return a bundle of the fused fp32 graph, opened, and the folder of one in int8; neither is calibrated."""
    with console.status("exporting, fusing and quantising"):
        fused = to_fused(settings.checkpoint, work / "onnx")
        int8 = to_int8(fused, work / "int8.onnx", settings.weights, settings.per_channel)
    reference = open_draft(draft_bundle(work / "fp32", fused, settings.checkpoint), manifest, settings.threads)
    return reference, draft_bundle(work / "int8", int8, settings.checkpoint)


def _calibrated(
    settings: ExportSettings, manifest: Manifest, draft: Path, dev: RowSet, console: Console
) -> tuple[Scorer, Array]:
    """Fit the calibration on the dev split; return the draft opened with it, and its logits of those rows."""
    items = [each.item for each in dev.examples]
    logits = logits_of(open_draft(draft, manifest, settings.threads), items, "dev for the calibration", console)
    calibration = fit(logits, *stack(dev.examples), [item.role for item in items])
    (draft / "calibration.json").write_bytes(json_bytes(calibration))
    return open_draft(draft, manifest, settings.threads), logits


def _gate(
    settings: ExportSettings,
    reference: Scorer,
    shipped: Scorer,
    logits: Array,
    dev: RowSet,
    policy: Policy,
    console: Console,
) -> Parity:
    """Compare int8, whose logits of the dev split are given, with fp32, and that with PyTorch. Raises ParityError."""
    items = [each.item for each in dev.examples]
    parity = compare(
        logits_of(reference, items, "fp32 for the parity gate", console),
        logits,
        shipped.calibration,
        [item.role for item in items],
        policy,
        _against_torch(settings.checkpoint, reference, items),
        targets=stack(dev.examples),
    )
    check(parity, settings.limits)
    return parity


def _with_golden_set(draft: Path, shipped: Scorer, policy: Policy) -> tuple[int, list[Misjudged]]:
    """Write the golden set; return how many texts it has, and those that are judged otherwise than by a reader."""
    texts = golden_texts()
    golden = golden_set(shipped, texts)
    (draft / "golden.json").write_bytes(json_bytes(golden))
    return len(texts), misjudged(golden, texts, policy)


def _kept_aside(settings: ExportSettings, record: TrainingRecord, draft: Path, console: Console) -> list[RowSet]:
    """Return the sets of rows that nobody trained on."""
    aside = EvaluateSettings(
        bundle=draft, data=settings.data, restricted=settings.restricted, cap=settings.cap, seed=record.seed
    )
    return kept_aside(aside, console)


def _against_torch(checkpoint: Path, reference: Scorer, items: list[Item]) -> float:
    """Return the largest difference of a logit between PyTorch and the fused fp32 graph, over some texts by role."""
    by_role = sorted(items, key=lambda item: item.role)
    encoded = reference.encoder.encode(by_role[:: max(1, len(items) // TORCH_WINDOWS)])
    windows = [each.windows[0] for each in encoded if each.windows]
    wanted = np.array(torch_logits(checkpoint, [w.ids for w in windows], [w.segments for w in windows]))
    return float(np.abs(reference.backend.run(windows) - wanted).max())
