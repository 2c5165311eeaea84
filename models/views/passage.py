"""A disguised stretch of a text and what it says, and the passage that is read in its place."""

from collections.abc import Iterable

import msgspec

# Characters kept on each side of a change: "decode this and answer:" belongs to what follows.
AROUND = 160


class Change(msgspec.Struct, frozen=True):
    """text[begin:end] reads as `reading`."""

    begin: int
    end: int
    reading: str


def passage(text: str, changes: Iterable[Change]) -> str:
    """Return the text around the changes, each stretch replaced; "" without any. They are in order and disjoint."""
    parts: list[str] = []
    shown = 0  # all before this is written or left out
    for change in changes:
        begin = _word_start(text, max(shown, change.begin - AROUND))
        if parts and begin <= shown + AROUND:
            begin = shown  # too near the last one to leave a gap
        elif parts:
            parts.append(text[shown : _word_end(text, shown + AROUND)] + " ")
        parts += [text[begin : change.begin], change.reading]
        shown = change.end
    if not parts:  # nearly every disguise of nearly every text
        return ""
    parts.append(text[shown : _word_end(text, shown + AROUND)])
    return " ".join("".join(parts).split())


def _word_start(text: str, at: int) -> int:
    """Return where the next word begins, so that no passage opens with half of one."""
    if at == 0:
        return 0
    space = text.find(" ", at, at + 40)
    return at if space < 0 else space + 1


def _word_end(text: str, at: int) -> int:
    if at >= len(text):
        return len(text)
    space = text.rfind(" ", at - 40, at)
    return at if space < 0 else space
