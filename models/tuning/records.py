"""Records of a file of labelled texts, one at a time: JSON Lines, CSV, TSV or Parquet, plain or (but for Parquet) gzip.

file -> lines of text, whatever their encoding -> (line, {column: value})

Only one record, or one part of a Parquet file, is in memory at a time. A file that cannot be read ends in a DataError
that names the line and repeats nothing of it.
"""

import codecs
import csv
import gzip
import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec
import polars as pl

from models.tuning.tuned import TuningError

# A line, and a text, is at most so long: a file without line feeds must not fill the memory.
MOST = 2**24
# Rows of a Parquet file at a time.
_PART = 8192
_JSON = (".jsonl", ".ndjson")
_SEPARATED = {".csv": ",", ".tsv": "\t"}
# What columns may be separated by in a file that has one column where its name's ending is believed.
_OTHERS = (";", "\t", "|", ",")
SUFFIXES = (*_JSON, *_SEPARATED, ".parquet")
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_READ = 2**16
_AS_UTF_8 = "save it as UTF-8"


class DataError(TuningError):
    """A file that cannot be used as labelled texts; the message names the place, never what stands there."""


class Record(NamedTuple):
    """One record; `line` is where it begins in the file, from 1 (the row's number in a Parquet file).

    `named_at` says where its columns are named: in its own line, or before all rows.
    """

    line: int
    values: dict[str, Any]
    header: str = ""

    @property
    def named_at(self) -> str:
        """The place, in words."""
        return self.header or f"line {self.line}"


def records(path: Path) -> Iterator[Record]:
    """Yield a file's records. Raises DataError."""
    kind = _kind(path)
    try:
        if path.is_dir():
            raise DataError(f"{path.name}: is a folder, not a file")
        if kind == ".parquet":
            yield from _parquet(path)
        elif kind in _JSON:
            yield from _json(path)
        else:
            yield from _separated(path, _SEPARATED[kind])
    except OSError as error:
        raise DataError(f"{path.name}: cannot be read: {error.strerror or 'the gzip data is damaged'}") from None
    except (EOFError, zlib.error):
        raise DataError(f"{path.name}: the gzip data ends too early or is damaged") from None


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, as `sha256:` and 64 hex digits. Raises DataError."""
    try:
        with path.open("rb") as file:
            return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path.name}: cannot be read: {error.strerror}") from None


def _kind(path: Path) -> str:
    name = path.name.lower().removesuffix(".gz")
    kind = next((each for each in SUFFIXES if name.endswith(each)), None)
    if kind is None or (kind == ".parquet" and path.name.lower().endswith(".gz")):
        raise DataError(f"{path.name}: the name must end in {', '.join(SUFFIXES)}, and .gz behind all but the last")
    return kind


def _json(path: Path) -> Iterator[Record]:
    decode = msgspec.json.Decoder().decode
    number = 0
    for number, line in _lines(path):
        if not line.strip():
            continue
        try:
            values = decode(line)
        except (msgspec.DecodeError, RecursionError):
            raise DataError(f"{path.name}, line {number}: is no JSON") from None
        if not isinstance(values, dict):
            raise DataError(f"{path.name}, line {number}: is no JSON object")
        yield Record(number, values)
    if number == 0:
        raise DataError(f"{path.name}: the file is empty")


def _separated(path: Path, separator: str) -> Iterator[Record]:
    csv.field_size_limit(MOST)
    reader = csv.reader((line for _, line in _lines(path)), delimiter=separator, strict=True)
    begin = 1
    try:
        header = next(reader, None)
        if header is None:
            raise DataError(f"{path.name}: the file is empty")
        names = [name.strip() for name in header]
        if len(set(names)) < len(names):
            raise DataError(f"{path.name}, line 1: two columns have one name")
        if len(names) == 1 and (other := next((each for each in _OTHERS if each in header[0]), None)):
            raise DataError(f"{path.name}, line 1: {_separated_by(other)}")
        while True:
            begin = reader.line_num + 1
            cells = next(reader, None)
            if cells is None:
                return
            if not cells:
                continue
            if len(cells) != len(names):
                raise DataError(f"{path.name}, line {begin}: has {len(cells)} columns, the first line {len(names)}")
            yield Record(begin, dict(zip(names, cells, strict=True)), "line 1, the header")
    except csv.Error as error:
        raise DataError(f"{path.name}, line {begin}: {_csv_words(str(error))}") from None


def _separated_by(separator: str) -> str:
    kinds = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}
    ways = " or ".join(f"{kinds[each]} ({ending})" for ending, each in _SEPARATED.items())
    return f"the columns are separated by {kinds[separator]}: save it with {ways}"


def _csv_words(message: str) -> str:
    if "field larger" in message:
        return f"a text is longer than {MOST:,} characters"
    if "end of data" in message:
        return "a quote is opened and never closed"
    if "expected after" in message:
        return "something follows a closing quote: a quote inside quotes is written twice"
    return "is no CSV"


def _parquet(path: Path) -> Iterator[Record]:
    if path.stat().st_size == 0:
        raise DataError(f"{path.name}: the file is empty")
    try:
        scan = pl.scan_parquet(path)
        scan.collect_schema()
        begin = 0
        while len(part := scan.slice(begin, _PART).collect()):
            for number, values in enumerate(part.iter_rows(named=True), begin + 1):
                yield Record(number, values, "the schema")
            begin += len(part)
    except pl.exceptions.PolarsError:
        raise DataError(f"{path.name}: is no Parquet file, or is damaged") from None


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield lines with their line feed, by number from 1."""
    packed = path.name.lower().endswith(".gz")
    with path.open("rb") as raw, gzip.open(raw) if packed else raw as file:
        head = file.read(4)
        file.seek(0)
        mark, encoding = next((each for each in _MARKS if head.startswith(each[0])), (b"", "utf-8"))
        # Of the first two characters of UTF-16 one byte is 0 where they are those of a column's name or a bracket.
        if head == codecs.BOM_UTF32_LE or (not mark and b"\0" in head):
            raise DataError(f"{path.name}: seems to be UTF-16 without a mark at its beginning, or UTF-32: {_AS_UTF_8}")
        file.seek(len(mark))
        lines: Iterator[bytes | str] = _raw(file) if encoding == "utf-8" else _sixteen(file, encoding, path)
        for number, line in enumerate(lines, 1):
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
    decoder = codecs.getincrementaldecoder(encoding)()
    rest, more = "", True
    while more and len(rest) <= MOST:
        data = file.read(_READ)
        more = bool(data)
        try:
            rest += decoder.decode(data, final=not more)
        except UnicodeDecodeError:
            raise DataError(f"{path.name}: begins as UTF-16 text and does not go on so") from None
        *whole, rest = rest.split("\n")
        yield from (line + "\n" for line in whole)
    if rest:
        yield rest
