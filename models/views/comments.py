"""What the comments of code say when read one after the other.

Line ends are gone after normalising, so a line comment ends where the next one begins or where code begins again.
"""

import re
from collections.abc import Iterator

from models.views.passage import Change
from models.views.words import Words

_MARKS = ("#", "//", "--", "/*", "REM", ";;")
_MARK = re.compile(r"(?:^|(?<=\s))(?:#|//|--|<!--|/\*+|REM|;;)\s+(?=[^\W\d])")
# A comment's words: no character that only code has.
_SAID = re.compile(r"[\w ,.'’!?:-]+")
_LEAST_COMMENTS = 2
_LEAST_WORDS = 4


def comments(text: str, words: Words) -> Iterator[Change]:
    """Yield one change: from the first comment to the last, read without the code and marks between them."""
    if not any(mark in text for mark in _MARKS):
        return
    marks = list(_MARK.finditer(text))
    if len(marks) < _LEAST_COMMENTS:
        return
    said: list[str] = []
    for mark, following in zip(marks, [*(each.start() for each in marks[1:]), len(text)], strict=True):
        if found := _SAID.match(text, mark.end(), following):
            said.append(found[0].strip())
            end = found.end()
    reading = " ".join(said)
    if len(reading.split()) >= _LEAST_WORDS and len(reading) < end - marks[0].start() and words.is_prose(reading):
        yield Change(marks[0].start(), end, reading)
