"""docs/reference/settings.md: the settings, and the profiles that ship."""

from collections.abc import Iterable, Sequence
from typing import get_type_hints

import msgspec
from msgspec import inspect

from docs.pages.text import code, table
from service.configuration.profile import Profile, shipped_profiles
from service.configuration.settings import PREFIX, SECRET, Settings, as_text, describe, variable
from service.configuration.values import OCTAL

_BOUNDLESS = 2**31 - 1  # a bound that only keeps numbers out of what C can hold


def page() -> str:
    """Return the page."""
    parts = [
        "# Settings",
        "Environment variables. All are read and checked before anything is loaded: a value that cannot be used, "
        "two that contradict each other, or a `TIDEGATE_` variable that is not listed here stops the start with one "
        "line that names it. An empty value counts as unset. `tidegate serve` logs the settings in force and where "
        "each comes from; the value of a secret is shown as `***`.",
        table(("variable", "takes", "default", "what it does"), _setting_rows()),
        "# Profiles",
        "A profile is a file of settings that stand between the environment and the defaults: a variable wins over it, "
        "and it over a default. `tidegate serve --profile NAME_OR_FILE`, or `TIDEGATE_PROFILE`, names it. Under "
        "`settings` stand names as above, in lower case and without `TIDEGATE_`; no secret stands there, and no other "
        "profile. `tidegate bundle tune` writes one for the machine it runs on.",
        "```yaml\ndescription: Two threads, and no page.\nsettings:\n  threads: 2\n  docs_page: false\n```",
        *(_profile(name, profile) for name, profile in shipped_profiles().items()),
    ]
    return "\n\n".join(parts)


def _profile(name: str, profile: Profile) -> str:
    defaults = Settings()
    rows = [
        (code(variable(key)), code(as_text(value)), code(as_text(getattr(defaults, key))))
        for key, value in profile.settings.items()
    ]
    return f"## `{name}`\n\n{profile.description}\n\n{table(('variable', 'in this profile', 'default'), rows)}"


def _setting_rows() -> Iterable[Sequence[str]]:
    types = get_type_hints(Settings, include_extras=True)
    for each in describe(Settings()):
        hint = types[each.variable.removeprefix(PREFIX).lower()]
        secret = any(isinstance(m, msgspec.Meta) and m.extra == SECRET for m in hint.__metadata__)
        yield (
            code(each.variable),
            _takes(hint),
            code(each.default),
            each.description + (" A secret." if secret else ""),
        )


def _takes(hint: object) -> str:
    """Return the values a setting takes, in words."""
    info = inspect.type_info(hint)
    while isinstance(info, inspect.Metadata):
        info = info.type
    match info:
        case inspect.UnionType(types=members):
            return next(_takes_one(each) for each in members if not isinstance(each, inspect.NoneType))
        case _:
            return _takes_one(info)


def _takes_one(info: inspect.Type) -> str:
    match info:
        case inspect.EnumType(cls=cls):
            return ", ".join(code(str(member.value)) for member in cls)
        case inspect.IntType(ge=least, le=most) | inspect.FloatType(ge=least, le=most):
            kind = "a whole number" if isinstance(info, inspect.IntType) else "a number"
            if least is None:
                return kind
            bounded = most is not None and most < _BOUNDLESS
            return f"{kind}, {least} to {most}" if bounded else f"{kind}, {least} or more"
        case inspect.BoolType():
            return "`true`, `false`"
        case inspect.StrType(pattern=pattern) if pattern == OCTAL:
            return "three octal digits"
        case inspect.StrType():
            return "text"
        case _:
            raise TypeError(f"no words for {info!r}")  # a new type of setting needs words of its own
