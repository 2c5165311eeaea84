"""What is asked of thresholds, as it is written: `max_recall@fpr<=0.01`, and what people can review beside it."""

import re
from enum import StrEnum

import msgspec


class ObjectiveError(ValueError):
    """An objective that cannot be read; the message says what can."""


class Aim(StrEnum):
    """What is made as great or as small as possible; `keep` leaves the thresholds as they are and sets bands only."""

    MAX_RECALL = "max_recall"
    MIN_FPR = "min_fpr"
    MAX_F1 = "max_f1"
    MIN_COST = "min_cost"
    KEEP = "keep"


class Scope(StrEnum):
    """Whose rates: those of all categories together, or each category's by its own labels."""

    OVERALL = "overall"
    CATEGORY = "category"


class Counted(StrEnum):
    """Which verdicts count as stopping a text.

    `flag`: any but allow, so that a review counts as well. `review`: review and block. `block`: block. `alone`: what
    flags or blocks without a person, so that a text that is only reviewed is not stopped.
    """

    FLAG = "flag"
    REVIEW = "review"
    BLOCK = "block"
    ALONE = "alone"


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """What an error costs, in any one unit: a harmless text stopped, a harmful one let through, one text reviewed.

    Without the price of a review no band is chosen, and what the policy sends to review is stopped.
    """

    false_alarm: float = 1.0
    miss: float = 1.0
    review: float | None = None

    def __post_init__(self) -> None:
        """Raises ObjectiveError for a cost below 0, or one that is no number."""
        for name, cost in msgspec.structs.asdict(self).items():
            if cost is not None and not 0 <= cost < float("inf"):
                raise ObjectiveError(f"the cost of a {name.replace('_', ' ')} must be 0 or more, not {cost}")


class Objective(msgspec.Struct, frozen=True, kw_only=True):
    """One aim, and what holds beside it.

    `limit` in 0..1 is the most false positives of MAX_RECALL or the least recall of MIN_FPR. `recall`, in 0..1, is the
    least share of harmful texts that is stopped or reviewed, and `reviews` the most texts a day that people look at:
    where either is given, review bands are chosen.
    """

    aim: Aim
    limit: float | None = None
    recall: float | None = None
    reviews: float | None = None

    @property
    def bands(self) -> bool:
        """Whether review bands are to be chosen."""
        return self.recall is not None or self.reviews is not None

    @property
    def promises(self) -> int:
        """How many rates are promised overall: that many share the confidence."""
        return sum(limit is not None for limit in (self.limit, self.recall, self.reviews))


_NUMBER = r"(?P<number>[0-9]*\.?[0-9]+)(?P<percent>%?)"
_FORMS = {
    "fpr": re.compile(rf"max_recall@fpr<={_NUMBER}"),
    "least": re.compile(rf"min_fpr@recall>={_NUMBER}"),
    "free": re.compile(r"(?P<aim>max_f1|min_cost)"),
    "recall": re.compile(rf"recall>={_NUMBER}"),
    "reviews": re.compile(r"reviews<=(?P<number>[0-9]*\.?[0-9]+)/day"),
}
_KNOWN = (
    "'max_recall@fpr<=0.01', 'min_fpr@recall>=0.95', 'max_f1', 'min_cost', and after a comma, or alone, "
    "'recall>=0.95' and 'reviews<=200/day'"
)


def parse(text: str) -> Objective:
    """Read an objective. Raises ObjectiveError.

    One aim, then what bands are to meet, joined by commas: `max_recall@fpr<=1%, recall>=0.95`. Without an aim the
    thresholds stay as they are and only bands are chosen.
    """
    aim, limit = Aim.KEEP, None
    wanted: dict[str, float] = {}
    for part in ("".join(piece.split()) for piece in text.split(",")):
        form, found = next(((name, hit) for name, form in _FORMS.items() if (hit := form.fullmatch(part))), ("", None))
        if found is None:
            raise ObjectiveError(f"an objective is one of {_KNOWN}")
        if form in ("recall", "reviews"):
            if form in wanted:
                raise ObjectiveError(f"an objective names {form} twice")
            wanted[form] = _share(found) if form == "recall" else float(found["number"])
            continue
        if aim is not Aim.KEEP:
            raise ObjectiveError(f"an objective has one aim, not both {aim} and {part.partition('@')[0]}")
        aim = Aim(found["aim"]) if form == "free" else (Aim.MAX_RECALL if form == "fpr" else Aim.MIN_FPR)
        limit = None if form == "free" else _share(found)
    if aim is Aim.MIN_FPR and "recall" in wanted:
        raise ObjectiveError("min_fpr@recall already says the recall: leave out 'recall>='")
    return Objective(aim=aim, limit=limit, recall=wanted.get("recall"), reviews=wanted.get("reviews"))


def _share(found: re.Match[str]) -> float:
    share = float(found["number"]) / (100 if found["percent"] else 1)
    if not 0 < share < 1:
        raise ObjectiveError(f"a rate lies between 0 and 1 (or 0% and 100%), both left out: {found.group()}")
    return share
