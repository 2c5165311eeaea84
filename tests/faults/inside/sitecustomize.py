"""Runs in a tested server before anything else: a wall clock that a test can move, and a count of what is alive.

The test shares a few bytes with it: see tests/faults/watched.py. Python imports this file because its folder is on
PYTHONPATH. What is written in C reads the true clock.
"""

import datetime
import gc
import mmap
import os
import signal
import sys
import time
from pathlib import Path

_TIME, _TIME_NS = time.time, time.time_ns
_DATETIME = datetime.datetime
with Path(os.environ["FAULTS_SHARED"]).open("r+b") as _file:
    # Seconds the clock is wrong by; then how often was counted, and the last count.
    _SHARED = memoryview(mmap.mmap(_file.fileno(), 24))
_OFFSET, _COUNTED = _SHARED[:8].cast("d"), _SHARED[8:].cast("q")


class _AsReal(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _DATETIME)


class _Datetime(_DATETIME, metaclass=_AsReal):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> _DATETIME:
        return _DATETIME.fromtimestamp(time.time(), tz)

    @classmethod
    def today(cls) -> _DATETIME:
        return cls.now()

    @classmethod
    def utcnow(cls) -> _DATETIME:
        return cls.now(datetime.UTC).replace(tzinfo=None)


def _count(*_: object) -> None:
    # What one collection ends may free what only the next one finds.
    for _each in range(3):
        gc.collect()
    _COUNTED[1] = sys.getallocatedblocks()
    _COUNTED[0] += 1


# Static: some classes keep these functions as attributes, and must not pass themselves to them.
time.time = staticmethod(lambda: _TIME() + _OFFSET[0])
time.time_ns = staticmethod(lambda: _TIME_NS() + int(_OFFSET[0] * 1e9))
datetime.datetime = _Datetime  # type: ignore[misc]
signal.signal(signal.SIGUSR2, _count)
