"""Files of the log: whole after every write, closed in time, bounded, and nobody else's are touched."""

import gzip
import multiprocessing
import os
import zlib
from pathlib import Path

import pytest

from service.decisions.files import FILE_SECONDS, Files
from service.decisions.retention import PATTERN, Retention

DAY = 86_400


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def files(folder: Path, clock: Clock, file_bytes: int = 10_000, total_bytes: int = 100_000, days: int = 30) -> Files:
    return Files(folder, file_bytes, Retention(folder, total_bytes, days, file_bytes), clock)


def lines_of(path: Path) -> list[bytes]:
    """Return the lines of a file that may still be open."""
    return zlib.decompressobj(31).decompress(path.read_bytes()).splitlines()


def logs(folder: Path) -> list[Path]:
    return sorted(folder.glob(PATTERN))


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_every_write_can_be_read_before_the_file_is_closed(tmp_path, clock):
    sink = files(tmp_path / "log", clock)
    sink.write([b"one", b"two"])
    sink.write([b"three"])
    (path,) = logs(tmp_path / "log")
    assert lines_of(path) == [b"one", b"two", b"three"]
    sink.close()
    assert gzip.decompress(path.read_bytes()) == b"one\ntwo\nthree\n"


def test_only_the_owner_may_read_them(tmp_path, clock):
    files(tmp_path / "log", clock).write([b"one"])
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in logs(tmp_path / "log")] == [0o600]


def test_nothing_is_made_before_there_is_something_to_write(tmp_path, clock):
    sink = files(tmp_path / "log", clock)
    sink.tend()
    sink.close()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_large_is_closed(tmp_path, clock):
    sink = files(tmp_path, clock, file_bytes=5000)
    for _ in range(4):
        sink.write([os.urandom(5000).hex().encode()])
        clock.now += 1
    found = logs(tmp_path)
    assert len(found) == 4
    assert all(gzip.decompress(path.read_bytes()) for path in found[:3])


def test_a_file_that_is_old_is_closed_and_so_is_one_of_the_future(tmp_path, clock):
    sink = files(tmp_path, clock)
    for step in (FILE_SECONDS - 1, 1, -7 * DAY):
        sink.write([b"one"])
        clock.now += step
        sink.tend()
    assert len(logs(tmp_path)) == 2
    for path in logs(tmp_path):
        gzip.decompress(path.read_bytes())


def test_the_oldest_go_first_and_the_bound_holds_with_the_next_file_in_it(tmp_path, clock):
    sink = files(tmp_path, clock, file_bytes=5000, total_bytes=20_000)
    other = tmp_path / "decisions.txt"
    other.write_bytes(bytes(50_000))
    for _ in range(10):
        sink.write([os.urandom(5000).hex().encode()])
        clock.now += 2
        sink.tend()
        assert sum(path.stat().st_size for path in logs(tmp_path)) <= 20_000
    begun = [path.name.split("-")[1] for path in logs(tmp_path)]
    assert len(begun) >= 2
    assert begun[-1] == "20231114T221338Z"  # the last of the ten
    assert other.exists()


def test_what_is_too_old_goes(tmp_path, clock):
    sink = files(tmp_path, clock, days=2)
    sink.write([b"one"])
    sink.close()
    (old,) = logs(tmp_path)
    os.utime(old, (clock.now, clock.now))
    clock.now += 2 * DAY
    sink.tend()
    assert logs(tmp_path) == [old]
    clock.now += 61
    sink.tend()
    assert logs(tmp_path) == []


def test_a_file_that_is_being_written_is_not_deleted_by_others(tmp_path, clock):
    one, other = files(tmp_path, clock, days=1), files(tmp_path, clock, days=1)
    one.write([b"one"])
    (path,) = logs(tmp_path)
    os.utime(path, (0, 0))
    other.tend()
    assert logs(tmp_path) == [path]
    one.close()
    os.utime(path, (0, 0))
    clock.now += 61
    other.tend()
    assert logs(tmp_path) == []


def test_what_cannot_be_deleted_keeps_nothing_else_from_it(tmp_path, clock):
    sink = files(tmp_path, clock, days=1)
    sink.write([b"one"])
    sink.close()
    (old,) = logs(tmp_path)
    in_the_way = tmp_path / "decisions-20300101T000000Z-x.jsonl.gz"  # the newest, and so looked at first
    in_the_way.mkdir()
    for each in (old, in_the_way):
        os.utime(each, (0, 0))
    with pytest.raises(IsADirectoryError):
        sink.tend()
    assert logs(tmp_path) == [in_the_way]


def test_a_file_that_was_deleted_is_begun_again(tmp_path, clock):
    sink = files(tmp_path, clock)
    sink.write([b"one"])
    (path,) = logs(tmp_path)
    path.unlink()
    sink.write([b"two"])
    (path,) = logs(tmp_path)
    assert lines_of(path) == [b"two"]


def write_some(folder: Path, number: int) -> None:
    sink = Files(folder, 3000, Retention(folder, 10**9, 1, 3000))
    for i in range(100):
        sink.write([b"%d %d " % (number, i) + os.urandom(60).hex().encode()])
    sink.close()


def test_no_two_processes_write_one_file(tmp_path):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=write_some, args=(tmp_path, number)) for number in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    found = [line.split()[:2] for path in logs(tmp_path) for line in gzip.decompress(path.read_bytes()).splitlines()]
    assert sorted((int(a), int(b)) for a, b in found) == [(number, i) for number in range(3) for i in range(100)]


def fill_a_disk(folder: Path, results: "multiprocessing.Queue[object]") -> None:
    """Write while no file may grow beyond 3,000 bytes: the kernel refuses as it does on a full disk."""
    import resource

    sink = Files(folder, 10**9, Retention(folder, 10**10, 1, 10**9))
    sink.write([b"before"])
    resource.setrlimit(resource.RLIMIT_FSIZE, (3000, resource.RLIM_INFINITY))
    failed = 0
    for _ in range(3):
        try:
            sink.write([b"during " + os.urandom(9000).hex().encode()])
        except OSError:
            failed += 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    sink.write([b"after"])
    sink.close()
    results.put(failed)


def test_a_disk_that_is_full_leaves_nothing_half_written(tmp_path):
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    process = context.Process(target=fill_a_disk, args=(tmp_path, results))
    process.start()
    assert results.get(timeout=60) == 3
    process.join()
    assert sorted(line for path in logs(tmp_path) for line in lines_of(path)) == [b"after", b"before"]
