"""Run the application under uvicorn, with a drain that loses nothing.

SIGTERM -> /health/ready answers 503, everything else is still served for TIDEGATE_DRAIN_SECONDS
        -> the socket closes, open requests finish within TIDEGATE_SHUTDOWN_SECONDS -> exit 0
"""

import asyncio
from types import FrameType

import uvicorn
from litestar import Litestar

from service.settings import Settings
from service.state import Phase, State


class Server(uvicorn.Server):
    """uvicorn with a drain before its shutdown. A second signal skips the drain."""

    def __init__(self, app: Litestar, settings: Settings) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="on",
                timeout_graceful_shutdown=settings.shutdown_seconds,
            )
        )
        self._lifecycle: State = app.state.lifecycle
        self._drain_seconds = settings.drain_seconds

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin the drain; runs in the main thread between two steps of the loop."""
        if self._lifecycle.phase is not Phase.READY or not self._drain_seconds:
            super().handle_exit(sig, frame)
            return
        self._lifecycle.phase = Phase.DRAINING
        asyncio.get_running_loop().call_later(self._drain_seconds, super().handle_exit, sig, frame)
