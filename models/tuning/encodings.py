"""Lines of text of a file, whatever its encoding: UTF-8 or UTF-16, plain or gzip."""

import codecs
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from models.tuning.tuned import DataError

# A line, and a text, is at most so long: a file without line feeds must not fill the memory.
MOST = 2**24
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_AS_UTF_8 = "save it as UTF-8"


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield lines with their line feed, by number from 1. Raises DataError; of the disk and gzip, what they raise."""
    packed = path.name.lower().endswith(".gz")
    with path.open("rb") as raw, gzip.open(raw) if packed else raw as file:
        head = file.read(4)
        file.seek(0)
        mark, encoding = next((each for each in _MARKS if head.startswith(each[0])), (b"", "utf-8"))
        # Of the first two characters of UTF-16 one byte is 0 where they are those of a column's name or a bracket.
        if head == codecs.BOM_UTF32_LE or (not mark and b"\0" in head):
            raise DataError(f"{path.name}: seems to be UTF-16 without a mark at its beginning, or UTF-32: {_AS_UTF_8}")
        file.seek(len(mark))
        found: Iterator[bytes | str] = _raw(file) if encoding == "utf-8" else _sixteen(file, encoding, path)
        for number, line in enumerate(found, 1):
            if len(line) > MOST:
                raise DataError(f"{path.name}, line {number}: is longer than {MOST // 2**20} MiB")
            try:
                yield number, line if isinstance(line, str) else line.decode("utf-8")
            except UnicodeDecodeError:
                raise DataError(f"{path.name}, line {number}: is not UTF-8 text: {_AS_UTF_8}") from None


def _raw(file: BinaryIO | gzip.GzipFile) -> Iterator[bytes]:
    while line := file.readline(MOST + 1):
        yield line


def _sixteen(file: BinaryIO | gzip.GzipFile, encoding: str, path: Path) -> Iterator[str]:
    """Yield the lines of UTF-16 text: their line feeds are two bytes."""
    try:
        with io.TextIOWrapper(file, encoding, newline="\n") as text:
            while line := text.readline(MOST + 1):
                yield line
    except UnicodeDecodeError:
        raise DataError(f"{path.name}: begins as UTF-16 text and does not go on so") from None
