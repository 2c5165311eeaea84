"""Open the journal that TIDEGATE_STATE asks for."""

import os
from collections.abc import Mapping
from pathlib import Path

from service.configuration.redis_url import is_url
from service.configuration.settings import OFF, Settings, SettingsError
from service.journal.redis import RedisJournal
from service.journal.sqlite import SqliteJournal
from service.journal.store import Journal, JournalError, NoJournal

_DEFAULT = Path("tidegate", "state.db")


def open_journal(settings: Settings, environment: Mapping[str, str] | None = None) -> Journal:
    """Return the journal. A file is looked through, and made if the setting names it; Redis is not contacted yet.

    `environment` is where the default file's folder is looked up. Raises SettingsError.
    """
    state = settings.state
    if state == OFF:
        return NoJournal()
    if is_url(state):
        return RedisJournal(state)
    path = Path(state) if state else default_path(os.environ if environment is None else environment)
    if path is None:
        return NoJournal("there is no home folder to keep the journal in: set TIDEGATE_STATE")
    journal = SqliteJournal(path, make_folder=not state)
    try:
        # What the setting names must be usable at start. The default is of no account to who never writes.
        journal.check(create=bool(state))
    except JournalError as error:
        raise SettingsError(_sentence(error, path, state)) from None
    return journal


def default_path(environment: Mapping[str, str]) -> Path | None:
    """Return where the file is when nobody says, as the XDG base directory specification 0.8 has it.

    https://specifications.freedesktop.org/basedir-spec/latest/ : a relative XDG_STATE_HOME is to be ignored.
    """
    given = Path(environment.get("XDG_STATE_HOME") or "")
    if given.is_absolute():
        return given / _DEFAULT
    try:
        return Path.home() / ".local" / "state" / _DEFAULT
    except RuntimeError:  # a user without a home
        return None


def _sentence(error: JournalError, path: Path, state: str) -> str:
    return (
        f"TIDEGATE_STATE cannot be used: {error}" if state else f"{path} cannot be used: {error}; or set TIDEGATE_STATE"
    )
