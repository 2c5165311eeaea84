"""A bundle: the folder that is a deployable model, checked before anything is served from it.

manifest.json -> digests of model.onnx, tokenizer.json, calibration.json, golden.json, MODEL_CARD.md
Bundle.open   -> every file present and unchanged, made for this code, then the parts are loaded
Bundle.digest -> SHA-256 of manifest.json: it names the bundle and, through the digests in it, every part
"""

import hashlib
import os
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec

from models import normalise
from models.calibrate import Calibration
from models.encode import Encoder, EncodingSpec
from models.errors import BundleError, first_line
from models.language import CODES
from models.outputs import OUTPUTS
from taxonomy.categories import Role
from taxonomy.wording import suggestion

T = TypeVar("T")
FORMAT = 1
BUNDLES = Path(__file__).parent / "bundles"
SHIPPED = BUNDLES / "default"
PARTS = ("model.onnx", "tokenizer.json", "calibration.json", "golden.json", "MODEL_CARD.md")


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a bundle: its size and SHA-256 (64 hex digits)."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """manifest.json: what the bundle is, what it was made for, and what it was measured at.

    `outputs` are always the taxonomy's. Those that the model cannot judge stand in `unscored` as well: their
    probability is 0 for every text, and no judgement. `languages` are the codes of those it has learned; none means
    that nobody says.
    """

    format: int
    name: str
    created: str
    base: str
    precision: str
    normaliser: int
    outputs: tuple[str, ...]
    unscored: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    encoding: EncodingSpec
    metrics: dict[str, object]
    files: dict[str, Part]


class _Format(msgspec.Struct, frozen=True):
    """What every manifest holds, whatever its format has besides."""

    format: int


class GoldenItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text with the probabilities it must get, shape (outputs,)."""

    role: Role
    text: str
    probabilities: tuple[float, ...]
    context: str | None = None


class GoldenSet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """golden.json: scored at start. int8 kernels round differently, hence a `tolerance` on each probability."""

    tolerance: Annotated[float, msgspec.Meta(ge=0, lt=1)]
    items: Annotated[tuple[GoldenItem, ...], msgspec.Meta(min_length=1)]


class Bundle:
    """An opened bundle: the manifest and the folder. The model itself is loaded by models.backend."""

    def __init__(self, folder: Path, manifest: Manifest, digest: str) -> None:
        self.folder = folder
        self.manifest = manifest
        self.digest = digest

    @classmethod
    def open(cls, folder: Path) -> "Bundle":
        """Read and verify a bundle. Raises BundleError with one line that names the file at fault."""
        if not os.path.isdir(folder):  # noqa: PTH112 -- a path too long, or one not to be looked at, is none either
            raise BundleError(f"bundle {folder}: there is no such folder; those that ship are {', '.join(shipped())}")
        raw = _read(folder / "manifest.json", folder)
        found = _decoded(folder, "manifest.json", raw, _Format).format
        if found != FORMAT:
            raise BundleError(f"bundle {folder}: format {found}, this version reads format {FORMAT}")
        manifest = _decoded(folder, "manifest.json", raw, Manifest)
        _check_made_for_this(folder, manifest)
        for name in PARTS:
            if name not in manifest.files:
                raise BundleError(f"bundle {folder}: manifest.json lists no {name}")
        for name, part in manifest.files.items():
            _check_part(folder, name, part)
        return cls(folder, manifest, _digest(raw))

    @property
    def model(self) -> Path:
        """The ONNX file."""
        return self.folder / "model.onnx"

    def encoder(self) -> Encoder:
        """Load the tokenizer. Raises BundleError."""
        try:
            return Encoder.load(self.folder / "tokenizer.json", self.manifest.encoding)
        except Exception as error:  # tokenizers raises bare Exception
            raise BundleError(f"bundle {self.folder}: tokenizer.json cannot be loaded: {first_line(error)}") from error

    def calibration(self) -> Calibration:
        """Load the calibration. Raises BundleError."""
        try:
            return Calibration.load(self.folder / "calibration.json", self.manifest.outputs)
        except BundleError as error:
            raise BundleError(f"bundle {self.folder}: {error}") from error

    def golden(self) -> GoldenSet:
        """Load the golden set. Raises BundleError."""
        golden = _decoded(self.folder, "golden.json", _read(self.folder / "golden.json", self.folder), GoldenSet)
        for i, item in enumerate(golden.items):
            if len(item.probabilities) != len(self.manifest.outputs):
                raise BundleError(
                    f"bundle {self.folder}: golden.json item {i} has {len(item.probabilities)} probabilities, "
                    f"manifest.json names {len(self.manifest.outputs)} outputs"
                )
        return golden


def shipped() -> list[str]:
    """Return the names of the bundles that ship."""
    return sorted(manifest.parent.name for manifest in BUNDLES.glob("*/manifest.json"))


def folder_of(bundle: str) -> Path:
    """Return the folder of a shipped bundle by its name, of any other by its path (`./nano` is a path)."""
    return BUNDLES / bundle if bundle in shipped() else Path(bundle)


def digest_of(folder: Path) -> str:
    """Return the digest that names the bundle in `folder`, its parts unread. Raises BundleError."""
    return _digest(_read(folder / "manifest.json", folder))


def part_of(path: Path) -> Part:
    """Describe a file as a manifest lists it."""
    data = path.read_bytes()
    return Part(len(data), hashlib.sha256(data).hexdigest())


def _digest(manifest: bytes) -> str:
    return "sha256:" + hashlib.sha256(manifest).hexdigest()


def _check_made_for_this(folder: Path, manifest: Manifest) -> None:
    if manifest.normaliser != normalise.VERSION:
        raise BundleError(
            f"bundle {folder}: made with normaliser {manifest.normaliser}, this version has {normalise.VERSION}"
        )
    if manifest.outputs != OUTPUTS:
        odd = [f"unknown {name!r}{suggestion(name, OUTPUTS)}" for name in manifest.outputs if name not in OUTPUTS]
        odd += [f"no {name!r}" for name in OUTPUTS if name not in manifest.outputs]
        odd += [f"{name!r} stands twice" for name in OUTPUTS if manifest.outputs.count(name) > 1]
        why = "; ".join(odd) or "the order differs"
        raise BundleError(f"bundle {folder}: its outputs are not the taxonomy's: {why}")
    for name in manifest.unscored:
        if name not in OUTPUTS:
            near = suggestion(name, OUTPUTS)
            raise BundleError(f"bundle {folder}: unscored names {name!r}, which is no output{near}")
    for code in manifest.languages:
        if code not in CODES:
            raise BundleError(f"bundle {folder}: languages names {code!r}, which is no language's code")
    if set(manifest.unscored) == set(OUTPUTS):
        raise BundleError(f"bundle {folder}: every output is unscored: it judges nothing")


def _check_part(folder: Path, name: str, part: Part) -> None:
    data = _read(folder / name, folder)
    if len(data) != part.bytes:
        raise BundleError(f"bundle {folder}: {name} has {len(data)} bytes, the manifest says {part.bytes}")
    if hashlib.sha256(data).hexdigest() != part.sha256:
        raise BundleError(f"bundle {folder}: {name} was changed: its SHA-256 is not the manifest's")


def _decoded(folder: Path, name: str, raw: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BundleError(f"bundle {folder}: {name} cannot be read: {error}") from error


def _read(path: Path, folder: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BundleError(f"bundle {folder}: {path.name} cannot be read: {error.strerror}") from error
