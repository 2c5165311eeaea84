"""The README's examples: each curl command in a ```sh block, with the ```json block that follows as its answer."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec

README = Path(__file__).parents[2] / "README.md"
ADDRESS = re.compile(r"(?:127\.0\.0\.1|localhost):8000")

_EXAMPLE = re.compile(r"^```sh\n(?P<command>curl .*?)^```\n\s*^```json\n(?P<answer>.*?)^```$", re.DOTALL | re.MULTILINE)
# The answer is cut short in print: `...` stands for what was left out.
_CUT = re.compile(r",?\s*(?:\.\.\.|…),?")
# What a reader relies on; ids, digests and the last digits of a score may change with every bundle.
_EXACT = ("verdict", "flagged", "slug", "action", "role", "tokens", "scored", "cached")
TOLERANCE = 0.1


class Example(msgspec.Struct, frozen=True):
    """A command and what the README says it prints."""

    command: str
    answer: Any


def examples(markdown: str) -> list[Example]:
    """Return the examples, in order."""
    return [Example(each["command"], json.loads(_CUT.sub("", each["answer"]))) for each in _EXAMPLE.finditer(markdown)]


def differences(printed: Any, found: Any, place: str = "$") -> list[str]:
    """Return where an answer is not as printed; it may hold more than what is printed."""
    if isinstance(printed, dict) and isinstance(found, dict):
        return [
            difference for key, value in printed.items() for difference in _of_key(key, value, found, f"{place}.{key}")
        ]
    if isinstance(printed, list) and isinstance(found, list):
        by_slug = {each["slug"]: each for each in found if isinstance(each, dict) and "slug" in each}
        pairs = (
            [(each, by_slug.get(each["slug"])) for each in printed]
            if by_slug
            else list(zip(printed, found, strict=False))
        )
        missing = [] if len(pairs) == len(printed) else [f"{place} has {len(found)}"]
        return missing + [each for i, pair in enumerate(pairs) for each in differences(*pair, f"{place}[{i}]")]
    if isinstance(printed, float) and isinstance(found, float):
        return [] if abs(printed - found) <= TOLERANCE else [f"{place} is {found}, not {printed}"]
    return [] if type(printed) is type(found) else [f"{place} is {found!r}, not {printed!r}"]


def _of_key(key: str, printed: Any, found: dict[str, Any], place: str) -> list[str]:
    if key not in found:
        return [f"{place} is not there"]
    if key in _EXACT and not isinstance(printed, dict | list):
        return [] if printed == found[key] else [f"{place} is {found[key]!r}, not {printed!r}"]
    return differences(printed, found[key], place)
