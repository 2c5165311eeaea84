"""Open the decision log that the settings ask for."""

import errno
import logging
import os
import secrets
import time
from pathlib import Path

from service.configuration.redis_url import is_url
from service.configuration.settings import OFF, Settings, SettingsError
from service.decisions.files import Files
from service.decisions.lines import Lines
from service.decisions.log import DecisionLog
from service.decisions.recent import Recent
from service.decisions.retention import Retention
from service.decisions.sink import Sink
from service.decisions.stream import Stream
from service.identity import Identity
from service.metrics import Metrics

MB = 2**20
_FULL = (errno.ENOSPC, errno.EDQUOT)
_log = logging.getLogger("tidegate.decisions")


def open_log(settings: Settings, identity: Identity, metrics: Metrics) -> DecisionLog:
    """Return the log, its thread begun; Redis and the disk may fail now and come back."""
    sink = _sink(settings)
    if sink and not settings.cache_secret:
        _log.warning("TIDEGATE_CACHE_SECRET is not set: a text's hash in the decision log changes with every start")
    # Not the well-known secret that replicas without one share in Redis: a log is kept for longer, and moved around.
    secret = settings.cache_secret.encode() or secrets.token_bytes(32)
    lines = Lines(secret, identity.model.digest, identity.taxonomy.digest, settings.decisions_sample)
    began = round(1000 * time.time())
    recent = Recent(settings.decisions_recent, began=began) if settings.decisions_recent else None
    return DecisionLog(lines, sink, recent, metrics)


def check_folder(settings: Settings) -> None:
    """Make the log's folder if it is missing. Raises SettingsError where that cannot work; a full disk may get room."""
    if settings.decisions == OFF or is_url(settings.decisions):
        return
    folder = Path(settings.decisions)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        if error.errno in _FULL:
            return
        raise SettingsError(
            f"TIDEGATE_DECISIONS: the folder cannot be made ({os.strerror(error.errno or 0)})"
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingsError("TIDEGATE_DECISIONS: the folder cannot be written to")


def _sink(settings: Settings) -> Sink | None:
    if settings.decisions == OFF:
        return None
    if is_url(settings.decisions):
        return Stream(settings.decisions, settings.decisions_total_mb, settings.decisions_days)
    file_bytes, total_bytes = settings.decisions_file_mb * MB, settings.decisions_total_mb * MB
    folder = Path(settings.decisions)
    return Files(folder, file_bytes, Retention(folder, total_bytes, settings.decisions_days, file_bytes))
