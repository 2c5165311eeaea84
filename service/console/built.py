"""The console's files as they were built, read once: requests touch no disk and name no path."""

import hashlib
import re
from pathlib import Path

import msgspec

FOLDER = Path(__file__).parent / "built"
PAGE = "index.html"
TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}
# As esbuild names what it has bundled: a new content has a new name.
_HASHED = re.compile(r".+-[A-Z0-9]{8}\.(css|js)")
_FOR_GOOD = "public, max-age=31536000, immutable"
_ASK_FIRST = "no-cache"


class BuiltFile(msgspec.Struct, frozen=True):
    """One file; `tag` is its ETag, `caching` what Cache-Control says of it."""

    body: bytes
    media_type: str
    tag: str
    caching: str


def read_built(folder: Path = FOLDER) -> dict[str, BuiltFile]:
    """Return name -> file; nothing when the console was not built. Files of no known type are left out."""
    if not (folder / PAGE).is_file():
        return {}
    return {path.name: _read(path) for path in sorted(folder.iterdir()) if path.suffix in TYPES}


def _read(path: Path) -> BuiltFile:
    body = path.read_bytes()
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return BuiltFile(body, TYPES[path.suffix], tag, _FOR_GOOD if _HASHED.fullmatch(path.name) else _ASK_FIRST)
