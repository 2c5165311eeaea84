"""`tidegate serve`."""

import logging
import signal
import sys

import click

from models.threads import available_threads
from service.settings import Settings, describe, load_settings


@click.command()
def serve() -> None:
    """Serve the API. Settings are environment variables; `docs/reference/settings.md` lists them."""
    # Litestar and uvicorn are slow to import; the other commands should not wait for them.
    from service.app import create_app
    from service.listen import listeners
    from service.server import Server

    settings = load_settings()
    logging.basicConfig(
        level=settings.log_level.upper(), stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    # Until uvicorn has its own. As process 1 of a container nothing stops us that we do not handle.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    announce(settings)
    # The sockets first: to learn that a port is taken should not cost the loading of a model.
    with listeners(settings) as found:
        Server(create_app(settings), settings, found).run()


def announce(settings: Settings) -> None:
    """Log the settings in force, secrets hidden, and the threads they come to."""
    log = logging.getLogger("tidegate")
    for each in describe(settings):
        log.info("%s=%s%s", each.variable, each.value, "" if each.value != each.default else " (default)")
    log.info("session threads: %d", settings.threads or available_threads())
