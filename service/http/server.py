"""Run the application under uvicorn, with a drain that loses nothing.

SIGTERM -> /health/ready answers 503, everything else is served on for TIDEGATE_DRAIN_SECONDS
        -> nobody new is let in; what was sent by then is answered, and each connection ends with its answer
        -> open requests finish within TIDEGATE_SHUTDOWN_SECONDS -> exit 0
"""

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType

import uvicorn
from litestar import Litestar

from service.configuration.settings import Settings
from service.http.head import answering_head
from service.http.listen import Listener
from service.http.protocol import waiting
from service.state import Phase, State

# Longer than gateways keep idle connections (60 s and less): who closes one first may cut a request off.
KEEP_ALIVE_SECONDS = 75
# How long a request may have been under way when the last connection was let in: on a busy machine a client may
# connect and send only half a second later.
CROSSING_SECONDS = 1.0
_STEP_SECONDS = 0.02
# Objects more than before at which Python looks for cycles, of which requests leave hardly any: at its own 700 it looks
# every few requests, through all that those under way hold.
COLLECT_EVERY = 10_000
_log = logging.getLogger("tidegate")


class Server(uvicorn.Server):
    """uvicorn with a drain before its shutdown. A second signal ends the drain; Ctrl-C after it gives up requests."""

    def __init__(self, app: Litestar, settings: Settings, listeners: Sequence[Listener]) -> None:
        super().__init__(
            uvicorn.Config(
                answering_head(app),
                http=waiting(settings.receive_seconds),
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                lifespan="on",
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=settings.shutdown_seconds,
            )
        )
        self._lifecycle: State = app.state.lifecycle
        self._drain_seconds = settings.drain_seconds
        self._listeners = listeners

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to stop. uvicorn listens on duplicates: it may close those, and connections still wait."""
        super().run([*(sockets or ()), *(each.socket.dup() for each in self._listeners)])

    def handle_exit(self, sig: int, _frame: FrameType | None) -> None:
        """Begin or hasten the end; runs in the main thread between two steps of the loop.

        uvicorn's own would raise the signal anew afterwards, and the exit status would tell of a crash.
        """
        if self.should_exit:
            self.force_exit |= sig == signal.SIGINT
        elif self._lifecycle.phase is Phase.READY and self._drain_seconds:
            self._lifecycle.phase = Phase.DRAINING
            loop = asyncio.get_running_loop()
            # Not from here: the signal may have come in the midst of another line.
            words = "draining for %g seconds: /health/ready answers 503, all else is served"
            loop.call_soon(_log.info, words, self._drain_seconds)
            loop.call_later(self._drain_seconds, self._stop)
        else:
            self._stop()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the application, then the sockets; say where, for uvicorn does not where it is given a socket."""
        await super().startup(sockets)
        # What is loaded by now stays: a full collection would walk 90,000 objects of it while nothing is answered.
        gc.freeze()
        gc.set_threshold(COLLECT_EVERY, *gc.get_threshold()[1:])
        for listener in self._listeners:
            listener.publish()
            _log.info("ready on %s", listener.place)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let in who has connected, wait for the requests that are under way, then let uvicorn wind down."""
        self._lifecycle.phase = Phase.CLOSING
        for listener in self._listeners:
            listener.withdraw()
        for server in self.servers:
            server.close()
        protocol: Callable[..., asyncio.Protocol] = self.config.http_protocol_class
        made = partial(protocol, config=self.config, server_state=self.server_state, app_state=self.lifespan.state)
        for listener in self._listeners:
            for connection in _waiting(listener.socket):
                await asyncio.get_running_loop().connect_accepted_socket(made, connection)
        for _ in range(round(CROSSING_SECONDS / _STEP_SECONDS)):
            if not self.server_state.connections:
                break
            await asyncio.sleep(_STEP_SECONDS)
        await super().shutdown(sockets)

    def _stop(self) -> None:
        self.should_exit = True


def _waiting(listener: socket.socket) -> list[socket.socket]:
    """Close the listener and return the connections it had accepted and nobody has taken: closing would reset them."""
    found: list[socket.socket] = []
    listener.setblocking(False)
    with listener:
        while True:
            try:
                found.append(listener.accept()[0])
            except OSError:
                return found
