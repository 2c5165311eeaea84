"""A bundle in the making: laid out, sealed and opened as often as a part of it changes, then put in place."""

import shutil
import tempfile
from pathlib import Path

import msgspec

from models.backend import Device
from models.bundle import PARTS, Bundle, Manifest, part_of
from models.calibrate import CalibrationFile, Platt
from models.outputs import OUTPUTS
from models.scorer import Scorer
from models.threads import available_threads
from models.training.export.errors import ExportError

# Beside what a server needs; listed in the manifest, so that it cannot be changed unseen.
DATA_SHEET = "DATA.md"


def draft_bundle(folder: Path, model: Path, checkpoint: Path) -> Path:
    """Lay out a bundle that is not calibrated yet: plain sigmoids, no golden text, no card."""
    folder.mkdir()
    shutil.copyfile(model, folder / "model.onnx")
    shutil.copyfile(checkpoint / "tokenizer.json", folder / "tokenizer.json")
    (folder / "calibration.json").write_bytes(json_bytes(CalibrationFile("platt", dict.fromkeys(OUTPUTS, Platt()))))
    (folder / "golden.json").write_bytes(b'{"tolerance": 0, "items": []}\n')
    (folder / "MODEL_CARD.md").write_text("", "utf-8")
    return folder


def copy_draft(folder: Path, source: Bundle, model: Path) -> Path:
    """Lay out a bundle with another model in the place of that of `source`, and all its other files."""
    folder.mkdir()
    for name in source.manifest.files:
        shutil.copyfile(model if name == "model.onnx" else source.folder / name, folder / name)
    return folder


def open_draft(folder: Path, manifest: Manifest, threads: int | None) -> Scorer:
    """Write the manifest over the files as they are now, and open the bundle as the service would."""
    others = {path.name for path in folder.iterdir()} - {*PARTS, "manifest.json"}
    names = [*PARTS, *sorted(others)]
    sealed = msgspec.structs.replace(manifest, files={name: part_of(folder / name) for name in names})
    (folder / "manifest.json").write_bytes(json_bytes(sealed))
    return Scorer(Bundle.open(folder), Device.CPU, threads or available_threads())


def refuse_to_overwrite(output: Path) -> None:
    """Raise ExportError when `output` is neither absent, nor empty, nor a bundle: it would be deleted.

    A manifest.json by itself makes no bundle: other programs have files of that name.
    """
    bundle = all((output / name).is_file() for name in ("manifest.json", "model.onnx"))
    if output.exists() and not bundle and (output.is_file() or any(output.iterdir())):
        raise ExportError(f"{output} is not a bundle and not empty: it is left as it is")


def put_in_place(draft: Path, output: Path) -> None:
    """Replace the bundle at `output`; raises ExportError when what is there is no bundle, or nothing can be written.

    Copied beside it first, so that a full disk cannot leave half a bundle; where the copy cannot take its place, or is
    interrupted on the way, the old one is put back.
    """
    refuse_to_overwrite(output)
    place = output.resolve()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{place.name}-") as folder:
            new, old = Path(folder) / "new", Path(folder) / "old"
            shutil.copytree(draft, new)
            try:
                if place.exists():
                    place.rename(old)
                new.rename(place)
            finally:
                if old.exists() and not place.exists():
                    old.rename(place)
    except OSError as error:
        raise ExportError(f"{output} cannot be written: {error.strerror or error}") from error


def json_bytes(value: object) -> bytes:
    """Return a value as the JSON of a bundle: indented, so that two bundles can be compared."""
    return msgspec.json.format(msgspec.json.encode(value)) + b"\n"
