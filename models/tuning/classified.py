"""Scores as `tidegate classify --json` has written them: such rows need not be scored."""

from typing import Any, NamedTuple

from models.outputs import ATTACK, OUTPUTS, UNSAFE
from models.tuning.labels import WrongValue
from models.tuning.meaning import SCORED
from taxonomy.decision import STEPS
from taxonomy.files import native


class Classified(NamedTuple):
    """Scores of one text in ten-thousandths, one for each of OUTPUTS; `language` is empty where none was told."""

    steps: list[int]
    language: str
    supported: bool


def classified(values: dict[str, Any]) -> Classified:
    """Read a record of these. Raises WrongValue."""
    categories = values[SCORED]
    found = [*(categories.get(slug) for slug in native().trained), values.get(UNSAFE), values.get(ATTACK)]
    steps = []
    for slug, score in zip(OUTPUTS, found, strict=True):
        if not isinstance(score, int | float) or isinstance(score, bool) or not 0 <= score <= 1:
            raise WrongValue(f"the score of '{slug}' must be a number from 0 to 1")
        steps.append(round(score * STEPS))
    language, supported = values.get("language"), values.get("supported")
    return Classified(steps, language if isinstance(language, str) else "", supported is not False)
