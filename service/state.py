"""The states of the service: loading, ready, draining, closing."""

from enum import StrEnum

from litestar.types import HTTPResponseStartEvent

from service.errors import Unavailable


class Phase(StrEnum):
    """Where the process is in its life.

    `ready` begins after the golden set was scored and matched; while `draining` all is served on, and only the
    probe says no; once `closing` nobody new is let in.
    """

    LOADING = "loading"
    READY = "ready"
    DRAINING = "draining"
    CLOSING = "closing"


class State:
    """The phase: set by the lifespan and by signals, both in the event loop's thread."""

    def __init__(self) -> None:
        self.phase = Phase.LOADING

    def require_ready(self) -> None:
        """Raise Unavailable unless ready. A draining service still answers what reaches it; only probes ask this."""
        if self.phase is not Phase.READY:
            raise Unavailable(f"the service is {self.phase}")

    def part(self, message: HTTPResponseStartEvent) -> None:
        """Once closing, end each connection with its answer: the next request goes where it can be served."""
        if self.phase is Phase.CLOSING:
            message["headers"] = [*message["headers"], (b"connection", b"close")]
