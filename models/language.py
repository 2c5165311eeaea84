"""The language that a text is in, as CLD2 takes it, and whether a model has learned it."""

from collections.abc import Collection

import pycld2

# Raised with every change of what any text is taken for: it is kept with the scores.
VERSION = 1
# What is looked at, in characters: the language of a long text shows at its beginning.
MOST_CHARS = 4000
# Below this many bytes of letters (a Chinese one has three), or of this share, CLD2 is sure of languages that are
# not there: lone words that no dictionary holds, a table of names.
FEWEST_BYTES = 20
LEAST_PERCENT = 80
# Longest code that is kept with a score.
LONGEST_CODE = 8
# CLD2 refuses control characters, lone surrogates and the code points that are no characters.
_CANNOT_READ = dict.fromkeys([*range(32), *range(0x7F, 0xA0), *range(0xD800, 0xE000), *range(0xFDD0, 0xFDF0)], " ")
_CANNOT_READ |= dict.fromkeys((plane + last for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)), " ")
# CLD2 has old codes for two languages.
_NEWER = {"iw": "he", "jw": "jv"}
CODES = frozenset(_NEWER.get(code, code) for _, code in pycld2.LANGUAGES)


def identify(text: str) -> str:
    """Return the language's code, one of CODES (`de`, `zh-Hant`), or "" when there is too little to tell it by."""
    readable = text[:MOST_CHARS].translate(_CANNOT_READ)
    try:
        reliable, letters, languages = pycld2.detect(readable, isPlainText=True)
    except pycld2.error:
        return ""
    _, code, percent, _ = languages[0]
    # "xx-Qaai" and the like name a script; "un" is unknown.
    if not reliable or letters < FEWEST_BYTES or percent < LEAST_PERCENT or code == "un" or code.startswith("xx-"):
        return ""
    return _NEWER.get(code, str(code))


def learned(language: str, languages: Collection[str]) -> bool:
    """Tell whether a model that learned `languages` can judge a text in `language`.

    What cannot be told is no reason to doubt: "" is judged, and so is everything by a model that names no language.
    """
    return not language or not languages or language in languages
