"""The stream of the log in Redis."""

import msgspec
import pytest
import redis

from service.decisions.stream import Stream
from tests.running import free_port
from tests.service.decisions.kept import decision


def test_a_stream_keeps_about_as_much_as_it_may(redis_url: str) -> None:
    stream = Stream(redis_url, 1, 30)
    for _ in range(10):
        stream.write([msgspec.json.encode(decision())] * 1000)
    stream.close()
    with redis.Redis.from_url(redis_url) as client:
        assert 2000 <= client.xlen("tidegate:decisions") < 2200


def test_a_redis_that_is_down_is_so_at_every_look() -> None:
    stream = Stream(f"redis://127.0.0.1:{free_port()}/0", 1, 30)
    for _ in range(3):
        with pytest.raises(redis.ConnectionError):
            stream.tend()
    stream.close()
