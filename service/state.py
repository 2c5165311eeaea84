"""The states of the service: loading, ready, draining."""

import asyncio
from enum import StrEnum

from service.errors import Unavailable


class Phase(StrEnum):
    """Where the process is in its life. `ready` begins after the golden set was scored and matched."""

    LOADING = "loading"
    READY = "ready"
    DRAINING = "draining"


class State:
    """The phase, and the hook by which a signal starts the drain."""

    def __init__(self) -> None:
        self.phase = Phase.LOADING
        self.drained = asyncio.Event()

    def require_ready(self) -> None:
        """Raise Unavailable unless ready. A draining service still answers what reaches it; only probes ask this."""
        if self.phase is not Phase.READY:
            raise Unavailable(f"the service is {self.phase}")
