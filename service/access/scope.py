"""What an API key may do."""

from collections.abc import Iterable
from enum import StrEnum


class Scope(StrEnum):
    """One kind of request. `classify` takes in the catalogue; whoever may `admin` may do everything."""

    CLASSIFY = "classify"
    FEEDBACK = "feedback"
    ADMIN = "admin"


def widened(scopes: Iterable[Scope]) -> frozenset[Scope]:
    """Return the scopes that a key has by those it was given."""
    given = frozenset(scopes)
    return frozenset(Scope) if Scope.ADMIN in given else given
