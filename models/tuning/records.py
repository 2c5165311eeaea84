"""Records of a file of labelled texts, one at a time: JSON Lines, CSV, TSV or Parquet, plain or (but for Parquet) gzip.

file -> lines of text, whatever their encoding -> (line, {column: value})

Only one record, or one part of a Parquet file, is in memory at a time. A file that cannot be read ends in a DataError
that names the line and repeats nothing of it.
"""

import csv
import hashlib
import zlib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import polars as pl

from models.tuning.encodings import MOST, lines
from models.tuning.tuned import DataError
from taxonomy.wording import counted

# Rows of a Parquet file at a time.
_PART = 8192
_JSON = (".jsonl", ".ndjson")
_SEPARATED = {".csv": ",", ".tsv": "\t"}
# What columns may be separated by whatever the name's ending says: where commas are decimal, Excel writes semicolons.
_SEPARATORS = (";", "\t", "|", ",")
SUFFIXES = (*_JSON, *_SEPARATED, ".parquet")


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
    for number, line in lines(path):
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


def _separated(path: Path, ending: str) -> Iterator[Record]:
    csv.field_size_limit(MOST)
    rest = (line for _, line in lines(path))
    first = next(rest, None)
    if first is None:
        raise DataError(f"{path.name}: the file is empty")
    begin = 1
    try:
        reader = csv.reader(chain([first], rest), delimiter=_separator(first, ending), strict=True)
        names = [name.strip() for name in next(reader)]
        if len(set(names)) < len(names):
            raise DataError(f"{path.name}, line 1: two columns have one name")
        while True:
            begin = reader.line_num + 1
            cells = next(reader, None)
            if cells is None:
                return
            if not cells:
                continue
            if len(cells) != len(names):
                raise DataError(
                    f"{path.name}, line {begin}: has {counted(len(cells), 'column')}, the first line {len(names)}"
                )
            yield Record(begin, dict(zip(names, cells, strict=True)), "line 1, the header")
    except csv.Error as error:
        raise DataError(f"{path.name}, line {begin}: {_csv_words(str(error))}") from None


def _separator(header: str, ending: str) -> str:
    """Return what separates the columns of a header: what the name's `ending` says, unless that leaves one column."""
    wide = (each for each in (ending, *_SEPARATORS) if len(next(csv.reader([header], delimiter=each))) > 1)
    return next(wide, ending)


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
