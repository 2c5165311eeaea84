"""Where a decision log is read from: a file, a folder of files, a Redis stream."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from redis import Redis, RedisError

from models.errors import ModelError
from models.lines import Loss, Piece, pieces
from service.configuration.redis_url import is_url, wrong_redis_url
from service.decisions.stream import CLIENT, FIELD, STREAM
from service.redis_clients import for_thread

_ENTRIES = 10_000
SUFFIXES = (".jsonl", ".jsonl.gz")


def log_from(place: str) -> Iterator[Piece | Loss]:
    """Yield a log's pieces and losses. Raises ModelError where there is none: a path is named, a URL is not."""
    if not is_url(place):
        return _files(Path(place))
    if wrong := wrong_redis_url(place):
        raise ModelError(f"the URL of the log {wrong}")
    return _entries(for_thread(place, CLIENT))


def _files(place: Path) -> Iterator[Piece | Loss]:
    for path in _found(place):
        try:
            yield from pieces(path)
        except FileNotFoundError:
            # Of a folder a file may be deleted for its age while it is read.
            yield Loss(path.name, 1, "the file was deleted before it was read")
        except OSError as error:
            raise ModelError(f"{path}: cannot be read: {error.strerror}") from None


def _found(place: Path) -> list[Path]:
    """Return the files of a folder, or the one file. Raises ModelError."""
    try:
        found = sorted(path for path in place.iterdir() if path.name.endswith(SUFFIXES) and path.is_file())
    except NotADirectoryError:
        return [place]
    except OSError as error:
        raise ModelError(f"{place}: cannot be read: {error.strerror}") from None
    if not found:
        raise ModelError(f"{place}: there is no file in it whose name ends in {' or '.join(SUFFIXES)}")
    return found


def _entries(client: Redis) -> Iterator[Piece | Loss]:
    after, first = "-", 1
    while entries := _after(client, after):
        # Without line feeds of its own: an entry is one line.
        lines = [fields.get(FIELD, b"?").replace(b"\n", b" ") for _, fields in entries]
        yield Piece(STREAM, first, b"\n".join([*lines, b""]))
        first += len(lines)
        after = f"({entries[-1][0].decode()}"
    if first == 1:
        yield Loss(STREAM, 1, "the stream is empty")
    client.close()


def _after(client: Redis, after: str) -> list[tuple[bytes, dict[bytes, bytes]]]:
    try:
        # redis-py's types allow for clients that decode what they read.
        return cast("list[tuple[bytes, dict[bytes, bytes]]]", client.xrange(STREAM, after, "+", _ENTRIES))
    except RedisError as error:
        raise ModelError(f"the log cannot be read from Redis ({type(error).__name__})") from None
