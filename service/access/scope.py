"""What an API key may do."""

from enum import StrEnum
from functools import cache


class Scope(StrEnum):
    """One kind of request. `classify` takes in the catalogue; whoever may `admin` may do everything."""

    CLASSIFY = "classify"
    FEEDBACK = "feedback"
    ADMIN = "admin"


@cache
def widened(scopes: tuple[str, ...]) -> frozenset[str]:
    """Return the scopes that a key has by those it was given; one of a newer tidegate's is kept and opens nothing."""
    return frozenset([*scopes, *Scope] if Scope.ADMIN in scopes else scopes)
