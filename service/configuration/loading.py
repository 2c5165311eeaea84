"""Where each setting comes from: the environment, else the profile, else its default."""

import os
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from service.configuration.profile import Profile, read_profile
from service.configuration.settings import PREFIX, Settings, SettingsError, hints, variable
from service.configuration.values import converted, wanted
from taxonomy.wording import suggestion


class Loaded(msgspec.Struct, frozen=True):
    """The settings in force; `sources` says of each, by name, where it comes from."""

    settings: Settings
    sources: dict[str, str]
    profile: Profile | None


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings, with the profile that the environment names. Raises SettingsError."""
    return load(environment).settings


def load(environment: Mapping[str, str] | None = None, profile: str | None = None) -> Loaded:
    """Read the settings; `profile` is the one named on the command line, "" for none.

    Raises SettingsError naming the first variable at fault, or every fault of the profile.
    """
    own = _variables(os.environ if environment is None else environment)
    sources = dict.fromkeys(hints(), "default")
    sources |= dict.fromkeys(own, "environment")
    if profile is not None:
        own["profile"], sources["profile"] = profile, "--profile"
    name = own.get("profile", "")
    found = read_profile(name) if name else None
    given = {key: value for key, value in found.settings.items() if key not in own} if found else {}
    sources |= dict.fromkeys(given, f"profile {name}")
    return Loaded(_settings(own, given, name), sources, found)


def _variables(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return what the environment sets, by the setting's name."""
    known = {variable(name): (name, hint) for name, hint in hints().items()}
    values: dict[str, Any] = {}
    for each, text in environment.items():
        if not each.startswith(PREFIX):
            continue
        if each not in known:
            raise SettingsError(
                f"{each} is not a setting{near_variable(each) or ';'} docs/reference/settings.md lists them all"
            )
        if text == "":
            continue  # compose files and manifests write an unset variable as an empty one
        name, hint = known[each]
        try:
            values[name] = converted(text, hint, from_text=True)
        except ValueError:
            # Not the error's own message: it repeats the value, which may be secret.
            raise SettingsError(f"{each} must be {wanted(hint)}") from None
    return values


def near_variable(given: str) -> str:
    """Return `, did you mean 'TIDEGATE_...'?` or nothing; what all begin with makes no two of them alike."""
    names = [name.upper() for name in hints()]
    return suggestion(given.removeprefix(PREFIX).upper(), names).replace("'", f"'{PREFIX}", 1)


def _settings(own: dict[str, Any], given: dict[str, Any], profile: str) -> Settings:
    """Return the settings. Of a contradiction that the profile has a part in, say so: nobody set that variable."""
    try:
        return Settings(**own, **given)
    except SettingsError as error:
        named = re.findall(rf"\b{PREFIX}[A-Z_]+", str(error))
        theirs = [each for each in dict.fromkeys(named) if each.removeprefix(PREFIX).lower() in given]
        if not theirs:
            raise
        raise SettingsError(f"{error} ({' and '.join(theirs)} from the profile {profile})") from None
