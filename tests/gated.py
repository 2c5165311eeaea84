"""The service with a gate in front of its session, for tests in which the order of things must be exact."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

import httpx
import numpy as np
from numpy.typing import NDArray

from models.encode import Window
from service.app import create_app, open_scorer
from service.configuration.settings import Settings
from service.http.listen import bound
from service.http.server import Server
from tests.running import metric, until


class GatedService:
    """The application in a thread of this process; its session waits until `gate` is set. For exact timing.

    `entered` is set when a batch waits at the gate; `run` is the session behind it. The event loop runs here, so
    that `no_blocking` watches it.
    """

    def __init__(self, settings: Settings) -> None:
        self.gate, self.entered = threading.Event(), threading.Event()
        self.scorer = open_scorer(settings)
        self.run = self.scorer.backend.run
        self.scorer.backend.run = self._gated  # type: ignore[method-assign]
        self.scorer.backend.run_beside = self._gated  # type: ignore[method-assign]
        listener = bound(settings.host, 0)
        self.url = f"http://127.0.0.1:{listener.socket.getsockname()[1]}"
        self._server = Server(create_app(settings, self.scorer), settings, [listener])
        self._thread = threading.Thread(target=self._server.run)
        self._pool = ThreadPoolExecutor(8)

    def __enter__(self) -> "GatedService":
        self._thread.start()
        until(lambda: self._server.started)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.gate.set()
        self._pool.shutdown()
        self.end()
        self._thread.join(60)
        assert not self._thread.is_alive()

    def end(self) -> None:
        """Begin the shutdown, as a signal would, and return at once."""
        self._server.should_exit = True

    def post(self, route: str, body: object, **headers: str) -> "Future[httpx.Response]":
        """Send a request and return at once."""
        return self._pool.submit(httpx.post, self.url + route, json=body, headers=headers, timeout=60)

    def metric(self, sample: str) -> float:
        """Return a sample of its metrics."""
        return metric(self.url, sample)

    def _gated(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        self.entered.set()
        assert self.gate.wait(60)
        return self.run(windows)
