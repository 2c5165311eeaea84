"""Make a bundle in another precision of one that ships in int8, or in fp32, without the checkpoint it was made of.

graph -> layer norms and int8 operators as floats -> fp16 -> as the source? -> golden set -> card -> bundle

As in models.training.export, everything is scored through models.scorer, and a refusal leaves nothing behind. The
tokenizer and the calibration are the source's: its weights are those that the calibration was fitted for.
"""

import tempfile
from pathlib import Path

import msgspec
import numpy as np
import onnx

from models.backend import Device
from models.bundle import Bundle, folder_of
from models.date import today
from models.scorer import Scorer
from models.threads import available_threads
from models.training.convert.card import write_card
from models.training.convert.dequantise import dequantise
from models.training.convert.half import halved, rounded
from models.training.convert.record import LIMITS, Conversion, Precision, Source
from models.training.export.draft import copy_draft, json_bytes, open_draft, put_in_place, refuse_to_overwrite
from models.training.export.errors import ExportError
from models.training.export.golden import golden_set
from models.training.export.layer_norm import put_together
from models.training.export.one_file import refuse_several_files
from models.training.export.parity import Limits, check, compare
from models.training.export.sample import sample
from models.training.policy import policy_named
from taxonomy.policy import Policy

_CONVERTED = ("int8", "fp32")


class ConvertSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What to make. `bundle` is a shipped bundle's name or a folder; `policy` the shipped one whose verdicts count.

    `name` is the source's with the precision behind it unless given; `created` a date (YYYY-MM-DD), today's unless
    given.
    """

    bundle: str
    output: Path
    precision: Precision = Precision.FP16
    name: str | None = None
    created: str | None = None
    policy: str = "default"
    limits: Limits = LIMITS
    threads: int | None = None


def convert(settings: ConvertSettings) -> Path:
    """Make the bundle, replacing the one at `output`, and return its folder.

    Raises ExportError for a bundle that cannot be converted and ParityError when the new graph strays from its source;
    either way nothing is written.
    """
    source = Bundle.open(folder_of(settings.bundle))
    _check(settings, source)
    policy = policy_named(settings.policy)
    shipped = _opened(source, source.model, settings)
    with tempfile.TemporaryDirectory() as folder:
        graphs = _graphs(source, settings.precision, Path(folder))
        conversion = _gate(settings, shipped, [_opened(source, graph, settings) for graph in graphs], policy)
        put_in_place(_draft(settings, source, conversion, Path(folder)), settings.output)
    return settings.output


def _check(settings: ConvertSettings, source: Bundle) -> None:
    precision = source.manifest.precision
    if precision == settings.precision:
        raise ExportError(f"bundle {source.folder}: it is {precision} already")
    if precision not in _CONVERTED:
        raise ExportError(f"bundle {source.folder}: it is {precision}; int8 and fp32 can be converted")
    # They are copied by these names.
    if astray := [name for name in source.manifest.files if Path(name).name != name]:
        raise ExportError(f"bundle {source.folder}: manifest.json lists {', '.join(astray)}, in another folder")
    output, bundle = settings.output.resolve(), source.folder.resolve()
    if output == bundle or output in bundle.parents or bundle in output.parents:
        raise ExportError(f"{settings.output} is the bundle to convert, in it or around it: give another folder")
    refuse_to_overwrite(settings.output)


def _floats(source: Bundle) -> onnx.ModelProto:
    """Return the source's graph with float operators alone, in fp32. Raises ExportError."""
    refuse_several_files(source.model, f"bundle {source.folder}")
    model = onnx.load(source.model)
    put_together(model)
    try:
        done = dequantise(model)
    except ValueError as error:
        raise ExportError(f"bundle {source.folder}: model.onnx: {error}") from error
    if (done > 0) != (source.manifest.precision == "int8"):
        said = "has no int8 operator" if not done else f"has {done} int8 operators"
        raise ExportError(f"bundle {source.folder}: it is {source.manifest.precision}, but its model.onnx {said}")
    return model


def _graphs(source: Bundle, precision: Precision, folder: Path) -> list[Path]:
    """Write the graphs to compare: the source's in fp32 and, for fp16, in that and as a GPU computes it.

    The one that ships is named by its precision. Raises ExportError.
    """
    floats = _floats(source)
    onnx.save(floats, folder / "fp32.onnx")
    if precision is Precision.FP32:
        return [folder / "fp32.onnx"]
    onnx.save(halved(floats), folder / "fp16.onnx")
    onnx.save(rounded(floats), folder / "rounded.onnx")
    return [folder / f"{name}.onnx" for name in ("fp32", "fp16", "rounded")]


def _gate(settings: ConvertSettings, shipped: Scorer, graphs: list[Scorer], policy: Policy) -> Conversion:
    """Compare the last of the graphs with the source as it ships, and all with the first, which is in fp32.

    Raises ParityError.
    """
    items = sample()
    encoded = shipped.encoder.encode(items)
    logits = [each.logits(encoded) for each in graphs]
    manifest = shipped.bundle.manifest
    parity = compare(
        shipped.logits(encoded),
        logits[-1],
        shipped.calibration,
        [item.role for item in items],
        policy,
        round(float(np.abs(np.stack(logits) - logits[0]).max()), 5),
        [name for name in manifest.outputs if name not in manifest.unscored],
    )
    exactly = f"{settings.precision} against the same weights in fp32"
    check(parity, settings.limits, settings.precision, manifest.precision, exactly)
    made_of = Source(manifest.name, shipped.bundle.digest, manifest.precision)
    return Conversion(made_of, settings.policy, parity, settings.limits)


def _draft(settings: ConvertSettings, source: Bundle, conversion: Conversion, work: Path) -> Path:
    """Lay out the new bundle with its golden set, card and manifest, and open it as it will be opened."""
    manifest = msgspec.structs.replace(
        source.manifest,
        name=settings.name or f"{source.manifest.name}-{settings.precision}",
        created=settings.created or today(),
        precision=settings.precision.value,
        metrics={"conversion": msgspec.to_builtins(conversion)},
        files={},
    )
    draft = copy_draft(work / "bundle", source, work / f"{settings.precision}.onnx")
    scorer = open_draft(draft, manifest, settings.threads)
    (draft / "golden.json").write_bytes(json_bytes(golden_set(scorer, source.golden().items)))
    card = (source.folder / "MODEL_CARD.md").read_text("utf-8")
    (draft / "MODEL_CARD.md").write_text(write_card(manifest, conversion, card), "utf-8")
    open_draft(draft, manifest, settings.threads).check_golden()
    return draft


def _opened(source: Bundle, model: Path, settings: ConvertSettings) -> Scorer:
    """Open a graph in the place of the source's own. Raises BundleError."""
    return Scorer(source, Device.CPU, settings.threads or available_threads(), model)
