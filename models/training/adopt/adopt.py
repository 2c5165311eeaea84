"""Make a bundle of somebody else's sequence classifier, and hold it against the source before it is written.

source + labels.yaml -> graph with our outputs -> fp32 as PyTorch? -> int8 as fp32? -> golden set -> card -> bundle

As in models.training.export, everything is scored through models.scorer, and a refusal leaves nothing behind. What
is not done is calibration: there are no rows here to fit it on, so the scores are the source's own probabilities.
"""

import tempfile
from enum import StrEnum
from pathlib import Path

import msgspec
from rich.console import Console

from models import normalise
from models.bundle import FORMAT, Manifest
from models.date import today
from models.encode import EncodingSpec
from models.outputs import OUTPUTS
from models.scorer import Scorer
from models.training.adopt import agree
from models.training.adopt.card import write_card
from models.training.adopt.head import Head
from models.training.adopt.label_map import LabelMap, ignored, read_label_map
from models.training.adopt.record import Agreement, Mapped, Quantised
from models.training.adopt.source import Source, encoding_of, read_source
from models.training.export.draft import draft_bundle, json_bytes, open_draft, put_in_place, refuse_to_overwrite
from models.training.export.errors import ExportError, UnfusedError
from models.training.export.golden import golden_set, golden_texts
from models.training.export.graph import Weights, to_fused, to_int8, to_onnx
from models.training.export.parity import Limits, ParityError, check, compare
from models.training.export.sample import sample
from taxonomy.document import DocumentError
from taxonomy.files import shipped_policies

# Whose verdicts parity counts.
_POLICY = "default"


class Precision(StrEnum):
    """What to ship: int8 or refuse, fp32 untried, or int8 where it holds parity and fp32 where it does not."""

    AUTO = "auto"
    INT8 = "int8"
    FP32 = "fp32"


class AdoptSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What to make. `name` is the folder's unless given; `created` a date (YYYY-MM-DD), today's unless given."""

    model: Path
    labels: Path
    output: Path
    name: str | None = None
    created: str | None = None
    precision: Precision = Precision.AUTO
    limits: Limits = Limits()
    threads: int | None = None


class _Draft(msgspec.Struct, frozen=True):
    """A bundle in the making, opened as the service would."""

    folder: Path
    manifest: Manifest
    scorer: Scorer


def adopt(settings: AdoptSettings, console: Console | None = None) -> Path:
    """Make the bundle, replacing what is at `output`, and return its folder.

    Raises ExportError for a folder or a map that cannot be used, and where the graph strays from PyTorch;
    ParityError where int8 was asked for and strays from fp32. Either way nothing is written.
    """
    console = console or Console(stderr=True)
    refuse_to_overwrite(settings.output)
    source = read_source(settings.model)
    found = _read_map(settings.labels, source)
    head = Head.of(found, source.facts.labels)
    mapped = Mapped(
        architecture=source.architecture,
        activation=found.activation,
        labels=found.labels,
        ignored=ignored(found, source.facts.labels),
    )
    manifest = _manifest(settings, found, head, _encoding(settings, source, found))
    _say(console, mapped, head)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        source.tokenizer.save(str(work / "tokenizer.json"))
        with console.status("exporting"):
            original = agree.load(source)
            fp32 = head.append_to(_graph(source, work / "onnx"), work / "fp32.onnx")
        chosen = reference = _draft(work / "fp32", fp32, manifest, settings)
        with console.status("comparing with PyTorch"):
            agreement = agree.compare(reference.scorer, original, head)
        quantised = Quantised(refused="fp32 was asked for")
        if settings.precision is not Precision.FP32:
            with console.status("quantising"):
                int8 = to_int8(fp32, work / "int8.onnx", Weights.SIGNED_7_BIT, per_channel=True)
                smaller = msgspec.structs.replace(manifest, precision="int8")
                candidate = _draft(work / "int8", int8, smaller, settings)
                quantised = _gate(settings, reference.scorer, candidate.scorer, head, agreement)
            if quantised.refused:
                console.print(f"fp32 it is: {quantised.refused}", highlight=False, markup=False)
            else:
                chosen = candidate
        _finish(chosen, mapped, agreement, quantised, settings)
    return settings.output


def _read_map(path: Path, source: Source) -> LabelMap:
    try:
        return read_label_map(path, source.facts)
    except DocumentError as error:
        raise ExportError(str(error)) from error


def _encoding(settings: AdoptSettings, source: Source, found: LabelMap) -> EncodingSpec:
    try:
        return encoding_of(source, found)
    except ValueError as error:
        raise ExportError(f"{settings.labels}: {error}") from error


def _say(console: Console, mapped: Mapped, head: Head) -> None:
    """Say what will not be judged: nobody should learn it from a score that is always 0."""
    if mapped.ignored:
        console.print(f"ignored labels of the model: {', '.join(mapped.ignored)}", highlight=False, markup=False)
    if head.unscored:
        console.print(f"without a score: {', '.join(head.unscored)}", highlight=False, markup=False)


def _manifest(settings: AdoptSettings, found: LabelMap, head: Head, encoding: EncodingSpec) -> Manifest:
    base = settings.model.resolve().name
    return Manifest(
        format=FORMAT,
        name=settings.name or base,
        created=settings.created or today(),
        base=base,
        precision="fp32",
        normaliser=normalise.VERSION,
        outputs=OUTPUTS,
        unscored=head.unscored,
        languages=found.languages,
        encoding=encoding,
        metrics={},
        files={},
    )


def _graph(source: Source, folder: Path) -> Path:
    """Export in fp32, fused where the optimiser knows every layer: int8 is faster for it."""
    if source.family == "bert":
        try:
            return to_fused(source.folder, folder)
        except UnfusedError:  # a BERT of another build; as it was exported it is right as well
            return folder / "model.onnx"
    return to_onnx(source.folder, folder)


def _draft(folder: Path, model: Path, manifest: Manifest, settings: AdoptSettings) -> _Draft:
    laid_out = draft_bundle(folder, model, model.parent)
    return _Draft(laid_out, manifest, open_draft(laid_out, manifest, settings.threads))


def _gate(settings: AdoptSettings, reference: Scorer, candidate: Scorer, head: Head, agreement: Agreement) -> Quantised:
    """Hold int8 against fp32. Raises ParityError where it strays and nothing else may ship."""
    items = sample()
    before, after = (scorer.logits(scorer.encoder.encode(items)) for scorer in (reference, candidate))
    roles = [item.role for item in items]
    policy = shipped_policies()[_POLICY]
    parity = compare(before, after, candidate.calibration, roles, policy, agreement.logit, head.scored)
    try:
        check(parity, settings.limits)
    except ParityError as error:
        if settings.precision is Precision.INT8:
            raise
        return Quantised(refused=str(error))
    return Quantised(parity=parity)


def _finish(
    chosen: _Draft, mapped: Mapped, agreement: Agreement, quantised: Quantised, settings: AdoptSettings
) -> None:
    """Write the golden set, the card and the manifest, open the bundle as it will be opened, put it in place."""
    (chosen.folder / "golden.json").write_bytes(json_bytes(golden_set(chosen.scorer, golden_texts())))
    metrics = {"source": mapped, "agreement": agreement, "quantisation": quantised}
    manifest = msgspec.structs.replace(chosen.manifest, metrics=msgspec.to_builtins(metrics))
    card = write_card(manifest, mapped, agreement, quantised, settings.limits)
    (chosen.folder / "MODEL_CARD.md").write_text(card, "utf-8")
    open_draft(chosen.folder, manifest, settings.threads).check_golden()
    put_in_place(chosen.folder, settings.output)
