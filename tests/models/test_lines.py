"""Files of lines, whole and damaged: everything before the damage is read, and what is lost is said."""

import fcntl
import gzip
import zlib
from itertools import pairwise
from pathlib import Path

import pytest

from models import lines
from models.lines import CUT_OFF, DAMAGED, EMPTY, FOREIGN_END, NOT_CLOSED, TOO_LONG, Loss, Piece, pieces

# Numbers that do not repeat, so that a file of some megabytes does not shrink to nothing.
LINES = [b'{"n":%d,"of":"%x"}\n' % (i, i * 2654435761 % 2**61) for i in range(20_000)]


def read(path: Path) -> tuple[list[bytes], list[str]]:
    """Return the lines read and the losses, having checked that the pieces are numbered without gaps."""
    found = list(pieces(path))
    whole = [each for each in found if isinstance(each, Piece)]
    for one, other in pairwise(whole):
        assert one.first + one.data.count(b"\n") == other.first
    assert all(each.data.endswith(b"\n") for each in whole)
    return b"".join(each.data for each in whole).splitlines(True), [str(x) for x in found if isinstance(x, Loss)]


def written(folder: Path, data: bytes) -> Path:
    path = folder / "decisions.jsonl.gz"
    path.write_bytes(data)
    return path


def flushed(of: list[bytes], *, closed: bool = False) -> bytes:
    """Return what a writer has written that flushes after every line and may not have come to close its file."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    data = b"".join(packer.compress(line) + packer.flush(zlib.Z_SYNC_FLUSH) for line in of)
    return data + packer.flush() if closed else data


@pytest.mark.parametrize(
    "data",
    [
        b"".join(LINES),
        b"".join(LINES)[:-1],
        gzip.compress(b"".join(LINES)),
        gzip.compress(b"".join(LINES)[:-1]),
        flushed(LINES, closed=True),
        gzip.compress(b"".join(LINES[:7])) + gzip.compress(b"".join(LINES[7:])),
        gzip.compress(b"".join(LINES[:7])[:-4]) + bytes(5) + gzip.compress(b"".join(LINES[:7])[-4:]) + bytes(3)
        + gzip.compress(b"".join(LINES[7:])),
    ],
    ids=["plain", "plain, no line feed", "gzip", "gzip, no line feed", "flushed", "two", "zeros between"],
)  # fmt: skip
def test_a_whole_file(data: bytes, tmp_path: Path):
    assert read(written(tmp_path, data)) == (LINES, [])


def test_lines_that_are_cut_into_pieces_are_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lines, "_READ", 1000)
    monkeypatch.setattr(lines, "_MOST", 3000)
    for data in (b"".join(LINES), gzip.compress(b"".join(LINES))):
        path = written(tmp_path, data)
        assert read(path) == (LINES, [])
        assert len(list(pieces(path))) > 100


def test_a_file_whose_writer_is_gone_is_read_to_its_last_write(tmp_path: Path):
    path = written(tmp_path, flushed(LINES[:20]))
    assert read(path) == (LINES[:20], [f"{path.name}, line 21: {NOT_CLOSED}"])


@pytest.mark.parametrize(
    ("data", "kept", "loss"),
    [
        (b"", 0, []),
        (flushed(LINES[:20]), 20, []),
        (flushed(LINES[:20])[:-8], 19, []),  # in the middle of a write
        (b"".join(LINES[:20])[:-5], 19, []),
        (flushed(LINES[:20]) + b"\xff" * 30, 20, [f"line 21: {DAMAGED}"]),
        (flushed(LINES[:20], closed=True) + b"no gzip", 20, [f"line 21: {FOREIGN_END}"]),
    ],
)
def test_a_file_that_is_being_written_has_lost_nothing_but_what_is_damaged(
    tmp_path: Path, data: bytes, kept: int, loss: list[str]
):
    path = written(tmp_path, data)
    with path.open("ab") as writer:
        fcntl.flock(writer, fcntl.LOCK_EX | fcntl.LOCK_NB)
        found, losses = read(path)
    assert found == LINES[:kept]
    assert losses == [f"{path.name}, {each}" for each in loss]


def test_a_file_that_was_cut_off_is_read_to_its_last_whole_line(tmp_path: Path):
    data = flushed(LINES[:20], closed=True)
    for length in range(11, len(data)):
        kept, losses = read(written(tmp_path, data[:length]))
        assert kept == LINES[: len(kept)]
        assert losses in ([f"decisions.jsonl.gz, line {len(kept) + 1}: {what}"] for what in (NOT_CLOSED, CUT_OFF))
    assert len(kept) == 20


def test_a_plain_file_that_was_cut_off(tmp_path: Path):
    kept = b"".join(LINES[:3])
    path = written(tmp_path, kept + LINES[3][:-3])
    assert read(path) == (LINES[:3], [f"{path.name}, line 4: {CUT_OFF}"])


def test_a_bit_that_flipped_costs_what_follows(tmp_path: Path):
    data = bytearray(flushed(LINES[:2000], closed=True))
    at = len(data) // 2
    data[at : at + 40] = bytes(40)
    path = written(tmp_path, bytes(data))
    kept, losses = read(path)
    whole = [line for line in kept if line in set(LINES[:2000])]
    assert len(whole) >= 900
    assert kept[: len(whole)] == LINES[: len(whole)]
    assert losses == [f"{path.name}, line {len(kept) + 1}: {DAMAGED}"]


def test_a_wrong_checksum_is_damage_though_every_line_was_read(tmp_path: Path):
    data = bytearray(gzip.compress(b"".join(LINES)))
    data[-8] ^= 1
    path = written(tmp_path, bytes(data))
    assert read(path) == (LINES, [f"{path.name}, line {len(LINES) + 1}: {DAMAGED}"])


@pytest.mark.parametrize(
    ("data", "kept", "loss"),
    [
        (b"", 0, f"line 1: {EMPTY}"),
        (gzip.compress(b""), 0, f"line 1: {EMPTY}"),
        (flushed([]), 0, f"line 1: {EMPTY}"),
        (gzip.compress(b"")[:10], 0, f"line 1: {NOT_CLOSED}"),
        (b"\x1f", 0, f"line 1: {CUT_OFF}"),
        (b"\x1f\x8bnot gzip", 0, f"line 1: {DAMAGED}"),
        (b"\x89PNG, one line", 0, f"line 1: {CUT_OFF}"),
        (gzip.compress(b"".join(LINES[:9])) + b"something else", 9, f"line 10: {FOREIGN_END}"),
        (b"".join(LINES[:2]) + bytes(2**24 + 1), 2, f"line 3: {TOO_LONG}"),
        (gzip.compress(b"".join(LINES[:2]) + bytes(2**25)), 2, f"line 3: {TOO_LONG}"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(data: bytes, kept: int, loss: str, tmp_path: Path):
    path = written(tmp_path, data)
    assert read(path) == (LINES[:kept], [f"{path.name}, {loss}"])
