"""How places, values, counts and near misses are written in a message: on one line, and never at full length."""

import difflib
from collections.abc import Iterable
from typing import TypeAlias

Place: TypeAlias = tuple[str | int, ...]

_LONGEST = 60  # characters: a message is a line in a terminal


def dotted(place: Place) -> str:
    """Return a place as people write it: `roles.document.hate` or `categories[3].slug`."""
    out = ""
    for part in place:
        if isinstance(part, int):
            out += f"[{part}]"
        else:
            word = one_line(part) or "''"
            out += f".{word}" if out else word
    return out


def shown(data: object) -> str:
    """Return a value as it is named in a message: `nothing`, `a list`, `'text'`, `0.5`."""
    match data:
        case None:
            return "nothing"
        case bool():
            return str(data).lower()
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case str():
            return f"'{one_line(data)}'"
        case _:
            return one_line(str(data))


def one_line(text: str) -> str:
    """Return text with what cannot be printed escaped, and cut at 60 characters."""
    return escaped(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")


def escaped(text: str) -> str:
    """Return text, at full length, with what cannot be printed escaped: a file's name may be any bytes."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun: `1 row`, `2,000 rows`; `many` is for what takes more than an s."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return `, did you mean 'x'?` for a near miss or for a part of a longer word, else nothing."""
    if len(word) > _LONGEST:  # difflib indexes all of it: of a key of 3.6 MB, eight seconds in the event loop
        return ""
    words = list(known)
    # 0.7: at the 0.6 of difflib, 'weather' is near 'other'. Four letters: shorter parts are in half the words.
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.7) or [x for x in words if len(word) > 3 and word in x]
    return f", did you mean '{near[0]}'?" if near else ""
