"""`tidegate serve`."""

import logging
import signal
import sys

import click

from models.bundle import digest_of
from models.threads import available_threads
from service.access.peers import is_loopback
from service.configuration.loading import Loaded, load, near_variable
from service.configuration.settings import Anonymous, describe


class Settable(click.Command):
    """A command whose settings are environment variables: who gives one as an option is told its variable."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options. Raises UsageError."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            meant = near_variable(error.option_name.lstrip("-").replace("-", "_"))
            if error.possibilities or not meant:
                raise
            words = f"{error.message} Settings are environment variables{meant}"
            raise click.NoSuchOption(error.option_name, words, ctx=ctx) from None


@click.command(cls=Settable)
@click.option("--profile", help="A shipped profile's name or a profile file; default TIDEGATE_PROFILE.")
def serve(profile: str | None) -> None:
    """Serve the API. Settings are environment variables; `docs/reference/settings.md` lists them.

    A profile sets those that the environment does not.
    """
    # Litestar and uvicorn are slow to import; the other commands should not wait for them.
    from service.app import create_app
    from service.http.listen import listeners
    from service.http.server import Server

    loaded = load(profile=profile)
    settings = loaded.settings
    logging.basicConfig(
        level=settings.log_level.upper(), stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    # Until uvicorn has its own. As process 1 of a container nothing stops us that we do not handle.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    announce(loaded)
    # The sockets first: to learn that a port is taken should not cost the loading of a model.
    with listeners(settings) as found:
        Server(create_app(settings), settings, found).run()


def announce(loaded: Loaded) -> None:
    """Log the settings in force, secrets hidden, each with its source, and the threads they come to.

    Warns where a profile was measured with another bundle or on another machine.
    """
    log = logging.getLogger("tidegate")
    settings, threads = loaded.settings, available_threads()
    for each, source in zip(describe(settings), loaded.sources.values(), strict=True):
        log.info("%s=%s (%s)", each.variable, each.value, source)
    log.info("session threads: %d", settings.threads or threads)
    if settings.tcp and settings.anonymous is Anonymous.LOOPBACK and not is_loopback(settings.host):
        log.info("callers from elsewhere need an API key; with TIDEGATE_ANONYMOUS=anywhere none is needed to classify")
    if loaded.profile and loaded.profile.measured:
        for doubt in loaded.profile.doubts(digest_of(settings.bundle_folder), threads):
            log.warning("the profile %s %s; `tidegate bundle tune` measures again", settings.profile, doubt)
