"""What the columns of labelled texts mean: a record in, a text with what people said of it out.

- A column that is called as a category (or `unsafe`, or `attack`) says of it yes or no; empty says nothing.
- `labels` names all that holds: what is not named does not. In a cell they stand between commas; `none` (or `safe`, or
  in JSON an empty list) is for a text of which nothing holds. Or it maps slugs to yes or no, like such columns.
- `label` (or `verdict`, or `safe` with yes and no) says `safe` or `unsafe` of the whole text, as `unsafe` does.

Of a text that is safe nothing holds, not even an attack, unless the record has a column for attacks. A category that
holds makes a text unsafe, or an attack; that all hazards are denied one by one makes it safe, and the same for attacks.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.tuning.labels import ALL, ATTACKS, BIT, NOTHING, SIDES, WORDS, Labels, Said, WrongValue, unknown
from taxonomy.categories import OTHER, Role
from taxonomy.files import native

_YES = frozenset({"1", "true", "yes", "y", "t", "1.0"})
_NO = frozenset({"0", "false", "no", "n", "f", "0.0"})
# The usual ways to say it, found in one look: a million rows of twenty columns are asked.
_ANSWERS: dict[object, bool | None] = {
    **dict.fromkeys(("1", "true", "True", "yes", True), True),
    **dict.fromkeys(("0", "false", "False", "no", False), False),
    **dict.fromkeys(("", None)),
}
_SAFE = frozenset({"safe", "harmless", "benign"})
_UNSAFE = frozenset({"unsafe", "harmful"})
_OVERALL = (UNSAFE, ATTACK)
_VERDICTS = ("label", "verdict")
_SEPARATORS = str.maketrans(";|", ",,")
# What is known besides the slugs; then what `tidegate classify --json` and `tidegate sample` write beside them.
COLUMNS = (
    *("text", "role", "context", "id", "labels", "label", "verdict", "safe", "traffic"),
    *("categories", "flagged", "views", "language", "supported"),
    *("part", "category", "distance"),
)
TEXT, SCORED = "text", "categories"


def role_of(value: object, default: Role) -> Role:
    """Return a record's role. Raises WrongValue."""
    if value is None or value == "":
        return default
    found = _ROLES.get(value.strip().lower()) if isinstance(value, str) else None
    if found is None:
        raise WrongValue(f"'role' must be one of {', '.join(Role)}")
    return found


_ROLES = {str(role): role for role in Role}


def said(values: Mapping[str, Any], labels: Labels, scored: bool) -> Said:
    """Return what a record says; of one that is `scored` the columns that hold scores are no labels.

    `labels` reads the words of a list. Raises WrongValue, also where a record contradicts itself.
    """
    positive = negative = 0
    columns = _columns(tuple(values))
    for name, yes, no in columns.bits:
        if scored and name in _OVERALL:
            continue
        value = values[name]
        try:
            answer = _ANSWERS[value]
        except (KeyError, TypeError):
            answer = yes_or_no(value, name)
        if answer is not None:
            positive, negative = (positive | yes, negative) if answer else (positive, negative | no)
    for name in columns.verdicts:
        safe = _safe_or_unsafe(values[name], name, lenient=scored and name == "verdict")
        if safe is not None:
            negative |= _safe(columns.attacks) if safe else 0
            positive |= 0 if safe else BIT[UNSAFE]
    if columns.labels:
        listed = _listed(values["labels"], labels)
        positive, negative = positive | listed.positive, negative | listed.negative
    return _whole(positive, negative)


def _whole(positive: int, negative: int) -> Said:
    for named, overall in SIDES:
        if positive & named:
            positive |= overall
        elif negative & named == named and not positive & overall:
            negative |= overall
    if both := positive & negative:
        slug = OUTPUTS[(both & -both).bit_length() - 1]
        raise WrongValue(f"it says of '{slug}' both that it holds and that it does not")
    return Said(positive, negative)


def _safe(attacks: bool) -> int:
    return ALL & ~(ATTACKS | BIT[ATTACK]) if attacks else ALL


class _Columns(NamedTuple):
    bits: tuple[tuple[str, int, int], ...]
    verdicts: tuple[str, ...]
    labels: bool
    attacks: bool


@lru_cache(maxsize=256)
def _columns(names: tuple[str, ...]) -> _Columns:
    slugs = [name for name in names if name in WORDS]
    attacks = any(slug == ATTACK or slug in native().attacks for slug in slugs)
    bits = BIT | {OTHER: BIT[UNSAFE]}
    denied = BIT | {OTHER: 0, UNSAFE: _safe(attacks)}
    return _Columns(
        tuple((slug, bits[slug], denied[slug]) for slug in slugs),
        tuple(name for name in (*_VERDICTS, "safe") if name in names),
        "labels" in names,
        attacks,
    )


def yes_or_no(value: object, name: str) -> bool | None:
    """Return a label, None where there is none. Raises WrongValue."""
    if value is None or value == "":
        return None
    if isinstance(value, bool | int | float) and value in (0, 1):
        return bool(value)
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _YES or word in _NO:
            return word in _YES
        if not word:
            return None
    raise WrongValue(f"'{name}' must be yes or no (true, false, 1, 0), or empty for not known")


def _safe_or_unsafe(value: object, name: str, lenient: bool) -> bool | None:
    """Return whether a text is safe."""
    if name == "safe":
        return yes_or_no(value, name)
    if value is None or value == "":
        return None
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in _SAFE or word in _UNSAFE:
        return word in _SAFE
    if lenient:
        return None
    raise WrongValue(f"'{name}' must be safe or unsafe, or empty for not known")


def _listed(value: object, labels: Labels) -> Said:
    if isinstance(value, str):
        # In a CSV. An empty cell is one that nobody filled: that nothing holds is written as `none` or `[]`.
        words = [word.strip().strip("'\"") for word in value.strip().strip("[]").translate(_SEPARATORS).split(",")]
        value = [word for word in words if word] if value.strip() else None
    if value is None:
        return Said(0, 0)
    if isinstance(value, dict):
        return said(value, labels, scored=False) if not _strange(value) else _refuse(value)
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise WrongValue("'labels' must be a list of labels")
    named = [word for word in value if word not in NOTHING]
    if 0 < len(named) < len(value):
        raise WrongValue("'labels' says that nothing holds, and names a label as well")
    return labels(named)


def _strange(value: Mapping[str, Any]) -> bool:
    return any(name not in WORDS for name in value)


def _refuse(value: Iterable[str]) -> Said:
    raise WrongValue(unknown([word for word in value if word not in WORDS], WORDS))
