"""Profiles: files of settings that stand between the environment and the defaults.

settings: {threads: 1, batch_tokens: 1024}     as the variables are named, in lower case and without prefix
description: ...                               what it is for
measured: {...}                                what `tidegate bundle tune` found (models/machine.py)
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import yaml

from models.backend import Device
from models.machine import Measured
from service.configuration.settings import PREFIX, SettingsError, hints, is_secret, variable
from service.configuration.values import converted, wanted
from taxonomy.document import Document, Plain
from taxonomy.files import open_document
from taxonomy.structure import read
from taxonomy.wording import one_line, shown, suggestion

SHIPPED = Path(__file__).parent / "profiles"


class ProfileError(SettingsError):
    """A profile cannot be used; each line names the file, the line, the place and what is wrong there."""


class Profile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A profile: values by the setting's name, and what they were measured on."""

    description: str = ""
    settings: dict[str, Any]
    measured: Measured | None = None

    def doubts(self, digest: str, threads: int) -> list[str]:
        """Return why its figures may not hold for a bundle and a machine that offers so many threads."""
        found = []
        if self.measured and self.measured.bundle != digest:
            found.append(f"was measured with the bundle {self.measured.bundle}, this one is {digest}")
        if self.measured and self.measured.cores != threads:
            found.append(f"was measured where there were {self.measured.cores} threads, here there are {threads}")
        return found


def shipped_profiles() -> dict[str, Profile]:
    """Return the profiles in the package, by name."""
    return {path.stem: read_profile(path.stem) for path in sorted(SHIPPED.glob("*.yaml"))}


def read_profile(name: str) -> Profile:
    """Read a shipped profile by its name, any other by its path. Raises ProfileError."""
    names = [path.stem for path in sorted(SHIPPED.glob("*.yaml"))]
    if name not in names and not _is_path(name):
        raise ProfileError(
            f"the profile must be one of {', '.join(names)}, or the path of a file, "
            f"not {shown(name)}{suggestion(name, names)}"
        )
    document = open_document(SHIPPED / f"{name}.yaml" if name in names else Path(name))
    outer = _outer(document)
    settings = _settings(document)
    if document.problems or outer is None:
        _refuse(document)
    measured = None if outer.measured == _UNMEASURED else outer.measured
    return Profile(description=outer.description, settings=settings, measured=measured)


def _is_path(name: str) -> bool:
    """Tell whether a name means a file: one that looks like it, or is there."""
    if Path(name).suffix or Path(name).name != name:
        return True
    try:
        return Path(name).exists()
    except OSError:  # a name too long
        return False


def written(profile: Profile) -> str:
    """Return the text of a profile's file."""
    return yaml.safe_dump(msgspec.to_builtins(profile), sort_keys=False, allow_unicode=True, width=100)


_UNMEASURED = Measured(
    date="", processor="", cores=1, device=Device.CPU, onnxruntime="", bundle="", rounds=1, tokens_per_second={}
)


class _File(msgspec.Struct, frozen=True, kw_only=True):
    description: str = ""
    settings: dict[str, bool]  # empty where it is read: each value is checked by its own setting's type, below
    measured: Measured = _UNMEASURED  # not None: structure.read knows no unions


def _outer(document: Document) -> _File | None:
    """Return what stands around the settings, problems noted."""
    data = document.data
    around = Document(document.file)
    around.data, around.lines, around.problems = data, document.lines, document.problems
    if isinstance(data, dict) and isinstance(data.get("settings"), dict):
        around.data = {**data, "settings": {}}
    return read(around, _File)


def _settings(document: Document) -> dict[str, Any]:
    """Return the settings that are right, and note what is wrong with the others."""
    data = document.data.get("settings") if isinstance(document.data, dict) else None
    if not isinstance(data, dict):
        return {}
    if not data:
        document.report(("settings",), "sets nothing")
    known = hints()
    found = {}
    for name, value in data.items():
        place = ("settings", name)
        if name == "profile":
            document.report(place, f"a profile names no other; {variable(name)} or --profile names the one in force")
        elif name not in known:
            document.report(place, f"unknown setting '{one_line(name)}'{_near(name, known)}")
        elif is_secret(known[name]):
            document.report(place, f"a secret does not stand in a profile; set {variable(name)}")
        else:
            try:
                found[name] = converted(value, known[name], from_text=False)
            except ValueError:
                document.report(place, f"must be {_words(known[name], value)}")
    return found


def _near(name: str, known: Iterable[str]) -> str:
    return suggestion(name.removeprefix(PREFIX).lower(), known)


def _words(hint: Any, value: Plain) -> str:
    """Return what a setting takes and what it was given."""
    words = wanted(hint)
    near = ""
    if isinstance(value, str) and words.startswith("one of "):
        near = suggestion(value, words.removeprefix("one of ").split(", "))
    elif isinstance(value, bool | int | float) and _takes_text(hint, value):
        near = "; put it in quotes"
    return f"{words}, not {shown(value)}{near}"


def _takes_text(hint: Any, value: bool | int | float) -> bool:
    """Tell whether the value would do as text: YAML reads 660 as a number and off as false."""
    text = ("off", "on")[value] if isinstance(value, bool) else str(value)
    try:
        converted(text, hint, from_text=False)
    except ValueError:
        return False
    return True


def _refuse(document: Document) -> NoReturn:
    raise ProfileError("\n".join(map(str, sorted(document.problems))))
