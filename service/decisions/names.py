"""Small numbers for names, so that a row needs two bytes for one; a bounded table of them."""

from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")
# The number that all names share for which there is no room.
OTHERS = 0


class Names(Generic[T]):
    """Gives each name a number from 1 on, to at most `most` of them at a time; the rest are OTHERS."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._numbers: dict[T, int] = {}
        self._free = list(range(most, 0, -1))

    def number(self, name: T) -> int:
        """Return the name's number, a new one where it has none."""
        found = self._numbers.get(name)
        if found is None:
            if not self._free:
                return OTHERS
            found = self._numbers[name] = self._free.pop()
        return found

    @property
    def full(self) -> bool:
        """Whether the next new name would be one of the others."""
        return not self._free

    def keep(self, used: Iterable[int]) -> None:
        """Forget all names but those with the numbers `used`."""
        kept = set(used)
        for name, number in list(self._numbers.items()):
            if number not in kept:
                del self._numbers[name]
                self._free.append(number)

    def table(self) -> tuple[T | None, ...]:
        """Return the names by number; None where there is none, as for OTHERS."""
        names: list[T | None] = [None] * (self._most + 1)
        for name, number in self._numbers.items():
            names[number] = name
        return tuple(names)
