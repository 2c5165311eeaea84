"""The caller's deadline: how long an answer is worth waiting for."""

import asyncio
from collections.abc import Mapping

from service.errors import BadRequest

HEADER = "x-tidegate-deadline-ms"


def deadline_of(headers: Mapping[str, str]) -> float | None:
    """Return the deadline in the event loop's clock, or None when the caller set none. Raises BadRequest."""
    value = headers.get(HEADER)
    if value is None:
        return None
    # Length first: int() itself refuses some thousand digits.
    if not (len(value) <= 7 and value.isascii() and value.isdigit() and 0 < int(value) <= 3_600_000):
        raise BadRequest("must be a whole number of milliseconds from 1 to 3600000", HEADER)
    return asyncio.get_running_loop().time() + int(value) / 1000
