"""The lines of a file of JSON Lines up to where it is damaged, and what is lost there; gzip or plain.

file -> unpacked bytes -> Piece: whole lines, some megabytes at a time
                       -> Loss: where it ends too early, and why
"""

import fcntl
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

# Compressed bytes at a time; five to ten times that many come out, and never more than _MOST.
_READ = 2**21
_MOST = 2**24
_GZIP = 31
_MAGIC = b"\x1f\x8b"

EMPTY = "the file is empty"
CUT_OFF = "the file ends in the middle of this line"
NOT_CLOSED = "the file has no end mark: its writer was killed or writes elsewhere, or what followed is lost"
DAMAGED = "the compressed data is damaged here: the rest of the file is lost"
FOREIGN_END = "what follows is not compressed: the rest of the file is lost"
TOO_LONG = f"this line is longer than {_MOST // 2**20} MiB: the rest of the file is lost"


class Piece(NamedTuple):
    """Whole lines of a file, each with its line feed; `first` is the number of the first, from 1."""

    source: str
    first: int
    data: bytes


class Loss(NamedTuple):
    """What could not be read: `line` is where it begins, from 1. `what` repeats nothing of the file."""

    source: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.source}, line {self.line}: {self.what}"


def pieces(path: Path) -> Iterator[Piece | Loss]:
    """Yield what is whole of a file, then what is lost of it, if anything is. Raises OSError.

    A last line without a line feed is whole if it is JSON. A file that is compressed is told by its first bytes. That
    one which is being written ends somewhere is no loss.
    """
    source, first, rest, wrong = path.name, 1, b"", ""
    with path.open("rb") as file:
        growing = is_being_written(file)  # before it is read: it may be closed in between
        for data in _unpacked(file):
            if isinstance(data, str):
                wrong = data
                break
            whole, feed, tail = data.rpartition(b"\n")
            if feed:
                yield (piece := Piece(source, first, rest + whole + feed))
                rest, first = b"", first + piece.data.count(b"\n")
            rest += tail
            if len(rest) > _MOST:
                yield Loss(source, first, TOO_LONG)
                return
    if rest and _is_json(rest):
        yield Piece(source, first, rest + b"\n")
        rest, first = b"", first + 1
    if growing and wrong in ("", NOT_CLOSED):
        return
    if rest and wrong in ("", NOT_CLOSED):
        yield Loss(source, first, CUT_OFF)
    elif wrong:
        yield Loss(source, first, wrong)
    elif first == 1:
        yield Loss(source, 1, EMPTY)


def is_being_written(file: BinaryIO) -> bool:
    """Tell whether a process has locked the file, as the decision log's writer does; False where nobody can know."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        fcntl.flock(file, fcntl.LOCK_UN)
    except BlockingIOError:
        return True
    except OSError:  # a file system that knows no locks
        return False
    return False


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _unpacked(file: BinaryIO) -> Iterator[bytes | str]:
    """Yield the bytes of a file, and at last what is wrong with it, if anything is."""
    magic = file.read(len(_MAGIC))
    file.seek(0)
    if magic == _MAGIC:
        yield from _gunzipped(file)
        return
    while data := file.read(_MOST):
        yield data


def _gunzipped(file: BinaryIO) -> Iterator[bytes | str]:
    unpacker, begun = zlib.decompressobj(_GZIP), False
    while data := file.read(_READ):
        while data:
            before = unpacker.copy()
            try:
                unpacked = unpacker.decompress(data, _MOST)
            except zlib.error:
                yield from _until_damage(before, data)
                yield DAMAGED if begun or data.startswith(_MAGIC) else FOREIGN_END
                return
            yield unpacked
            begun = True
            data = unpacker.unconsumed_tail
            if unpacker.eof:  # gzip files may be put one behind the other, with zeros between them
                data = unpacker.unused_data.lstrip(b"\0")
                unpacker, begun = zlib.decompressobj(_GZIP), False
    if begun:
        yield NOT_CLOSED


def _until_damage(unpacker: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    """Yield what comes out of data up to its damage: zlib keeps nothing of a call that fails."""
    for i in range(len(data)):
        try:
            unpacked = unpacker.decompress(data[i : i + 1])
        except zlib.error:
            return
        yield unpacked
